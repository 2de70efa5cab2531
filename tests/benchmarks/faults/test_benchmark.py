"""The whole service survives kills of its engine: no answer is lost, and none differs from the one without kills."""

from pathlib import Path

import pytest

from benchmarks.faults.benchmark import kill_under_load
from benchmarks.faults.calls import make_calls
from benchmarks.soak.mix import BUILT_IN_ROWS
from service.models.native import kernels
from tests.engine.tiny_models import served_model


@pytest.mark.slow
@pytest.mark.skipif(kernels.load() is None, reason="there is no compiler, or no AVX2")
async def test_every_kind_of_answer_survives_kills_unchanged(tmp_path: Path) -> None:
    served_model(tmp_path, max_position_embeddings=4096)
    arguments = ["--deterministic", "--threads", "1", "--num-blocks", "4096"]
    seed = 123  # which kills sooner after a recovery than most
    calls = make_calls(BUILT_IN_ROWS, 20)
    outcome = await kill_under_load(str(tmp_path), calls, kills=2, seed=seed, arguments=arguments)
    assert outcome.failures(exact=True) == []
    assert len(outcome.recoveries) == 2
