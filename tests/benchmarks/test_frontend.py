"""The host's benchmarks run: a step of the null model in parts, and a whole service that serves it."""

from pathlib import Path

from benchmarks.frontend import host_step, null_runner
from benchmarks.frontend import http_load as null_load


def test_the_parts_of_a_step(tmp_path: Path) -> None:
    null_runner.save_model(tmp_path, 0)
    parts = host_step.measure(str(tmp_path), sequences=3, steps=4, prompt_tokens=8, waiting=2)
    assert tuple(parts) == host_step.PARTS
    assert all(parts[part] > 0 for part in ("schedule", "build", "commit", "encode"))
    assert parts["total"] > parts["schedule"] + parts["build"]


def test_a_load_over_http(tmp_path: Path) -> None:
    null_runner.save_model(tmp_path, 0.001)
    window = null_load.measure(str(tmp_path), streams=3, seconds=0.5)
    assert window.silent == 0
    assert window.steps * 0.001 <= window.seconds
    # Not 3 * window.steps: who reads lags behind the engine, so a step before the window may become text in it.
    assert 0 < window.tokens <= 3 * window.seconds / 0.001
