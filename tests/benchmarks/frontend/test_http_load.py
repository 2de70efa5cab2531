"""A whole service with the null model is measured under HTTP clients."""

from pathlib import Path

import pytest

from benchmarks.frontend.http_load import measure_load
from benchmarks.frontend.null_model import save_model

STEP_SECONDS = 0.001


@pytest.mark.slow
def test_every_client_gets_text_and_no_step_is_faster_than_the_model(tmp_path: Path) -> None:
    save_model(tmp_path, STEP_SECONDS)
    window = measure_load(str(tmp_path), streams=3, seconds=0.5)
    assert window.silent == 0
    assert window.seconds >= 0.5
    assert window.step_seconds >= window.steps * STEP_SECONDS
    # How many tokens and steps a window has depends on the speed of the machine.
    assert min(window.tokens, window.events, window.steps, window.service_cpu, window.engine_cpu) >= 0
