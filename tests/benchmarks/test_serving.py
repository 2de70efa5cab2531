"""What the benchmark's client says of a server is what the server did."""

import random

import httpx
import pytest

from benchmarks import serving
from benchmarks.cases import CASES
from benchmarks.client import Target
from benchmarks.report import percentile
from tests.api.scripted import ScriptedEngine, scripted_service


def test_a_round_counts_what_was_sent() -> None:
    with scripted_service(ScriptedEngine(text="abcdefgh" * 40)) as service:
        target = Target("it", service.url, serving.model_of(service.url), {})
        result = serving.round_of(target, "sixteen", lambda _: CASES["sixteen"](random.Random(1)), 0)
        # The scripted model has 257 tokens, and the prompts are of others.
        assert (result.failed, result.streams) == (16, 16)
        assert all(error.startswith("400 ") for error in result.errors)

        def small(generator: random.Random) -> list[serving.Job]:
            return [serving.Job(generator.choices(range(256), k=5), 10) for _ in range(3)]

        result = serving.round_of(target, "small", small, 0)
        assert (result.failed, result.errors) == (0, [])
        assert result.tokens_per_second * result.seconds == pytest.approx(30)
        assert result.requests_per_second * result.seconds == pytest.approx(3)
        assert 0 < result.ttft_p50 <= result.end_p50 <= result.seconds * 1000
        assert 0 < result.itl_p50 <= result.itl_max
        assert len(service.engine.submitted) == 3


def test_a_server_that_is_not_there_is_an_error_not_a_crash() -> None:
    result = serving.round_of(Target("it", "http://127.0.0.1:9", "m"), "one", CASES["one"], 0)
    assert result.failed == 1
    assert result.errors[0].startswith(httpx.ConnectError.__name__)


def test_equal_seeds_give_equal_prompts_and_rounds_differ() -> None:
    for case in CASES.values():
        first, again, other = (case(random.Random(seed)) for seed in ("a", "a", "b"))
        assert first == again != other
    shared = CASES["shared"](random.Random(1))
    assert len({tuple(job.prompt[:1024]) for job in shared}) == 1
    assert len({tuple(job.prompt) for job in shared}) == 16


def test_percentiles_are_of_nearest_rank_in_milliseconds() -> None:
    seconds = [number / 1000 for number in range(100, 0, -1)]
    assert [percentile(seconds, percent) for percent in (1, 50, 99, 100)] == pytest.approx([1, 50, 99, 100])
    assert percentile([], 50) == 0
