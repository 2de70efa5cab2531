"""That a soak fails when it should."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.soak.benchmark import Outcome, soak
from benchmarks.soak.clients import Tally
from benchmarks.soak.log import unexplained
from benchmarks.soak.process_monitor import Growth, Sample, growth
from tests.engine.tiny_models import tiny_model

CLEAN = Outcome(
    seconds=60,
    tally=Tally(sent=5, answered=2, refused=Counter({"429 rate_limit_exceeded": 1}), left=1, unread=1),
    api=Growth(warm=100, end=101, per_hour=1),
    engine=Growth(warm=1000, end=1010, per_hour=10),
    files=(20, 20),
    recoveries=[1.0],
    threads=(4, 4),
    held={"trivium_sequences_running": 0.0},
    exit_code=0,
    unexplained=[],
)


async def test_a_short_one_of_the_real_service(tmp_path: Path) -> None:
    """Memory is what a longer one is for: here it has no time to be warm."""
    tiny_model("llama", tmp_path, max_position_embeddings=4096)
    flags = ["--threads", "1", "--num-blocks", "4096"]
    outcome = await soak(str(tmp_path), None, 10, kills=1, seed=1, flags=flags)
    assert outcome.failures(tolerance=1000) == []
    assert len(outcome.recoveries) == 1
    assert outcome.tally.sent > 20


def test_what_is_clean_does_not_fail() -> None:
    assert CLEAN.failures(16) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"tally": Tally(sent=5, answered=4, lost=["x"])},
        {"tally": Tally(sent=5, answered=4)},
        {"api": Growth(warm=100, end=130, per_hour=900)},
        {"engine": Growth(warm=1000, end=1100, per_hour=900)},
        {"files": (20, 21)},
        {"threads": (4, 60)},
        {"held": {"trivium_sequences_running": 1.0}},
        {"exit_code": 1},
        {"unexplained": ["Traceback"]},
    ],
)
def test_each_leak_fails(broken: dict[str, object]) -> None:
    assert len(replace(CLEAN, **broken).failures(16)) == 1  # type: ignore[arg-type]


def test_growth_is_what_comes_after_it_is_warm() -> None:
    warming = [Sample(pid=1, at=at, memory=at << 20, files=1, threads=1) for at in range(100)]
    warm = [Sample(pid=1, at=100 + at, memory=(100 << 20) + (at << 10), files=1, threads=1) for at in range(200)]
    found = growth([*warming, *warm])
    assert found.per_hour == pytest.approx(3600 / 1024)
    assert found.warm == pytest.approx(100, abs=0.1)
    assert found.is_flat(1)
    assert not growth(warming).is_flat(1)


def test_lines_of_errors_are_found(tmp_path: Path) -> None:
    log = tmp_path / "log"
    failed = '{"level": "error", "logger": "service.api", "message": "a request failed"}'
    log.write_text(f'{{"level": "info", "logger": "x", "message": "y"}}\n{failed}\nFatal Python error\n7\n')
    assert unexplained(log) == [failed, "Fatal Python error", "7"]


def test_a_kill_explains_one_line(tmp_path: Path) -> None:
    log = tmp_path / "log"
    line = (
        '{"level": "error", "logger": "x", "message": "the engine process was killed by signal 9; it left no stacks"}'
    )
    log.write_text(f"{line}\n{line}\n")
    assert unexplained(log, kills=2) == []
    assert unexplained(log, kills=1) == [line]
