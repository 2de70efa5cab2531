"""A short soak of the real service."""

from pathlib import Path

import pytest

from benchmarks.soak.benchmark import soak
from tests.engine.tiny_models import served_model


@pytest.mark.slow
async def test_a_short_soak_finds_no_failure(tmp_path: Path) -> None:
    """Memory needs a longer soak: a short one has no time for the warm-up."""
    served_model(tmp_path, max_position_embeddings=4096)
    arguments = ["--threads", "1", "--num-blocks", "4096"]
    outcome = await soak(str(tmp_path), None, 10, kills=1, seed=1, arguments=arguments)
    assert outcome.failures(tolerance=1000) == []
    assert len(outcome.recoveries) == 1
    assert outcome.tally.sent > 20
