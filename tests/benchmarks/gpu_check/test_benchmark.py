"""The check of a machine with a GPU runs without one: what needs none passes, and the rest says why it was skipped."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.__main__ import app
from benchmarks.gpu_check.check import Failed, Figures, Skipped, Verdict, run_check
from benchmarks.report import files
from tests.engine.tiny_models import tiny_model


@pytest.mark.slow
def test_a_machine_without_a_gpu_passes_what_needs_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "RESULTS", tmp_path / "results")
    model = tiny_model("llama", tmp_path / "model")
    sizes = ["--streams", "2", "--prompts", "3", "--prompt-tokens", "12", "--output-tokens", "8"]
    done = CliRunner().invoke(app, ["gpu-check", str(model), "--device", "cpu", "--threads", "1", *sizes])
    assert done.exit_code == 0, done.output
    (file,) = (tmp_path / "results").iterdir()
    written = json.loads(file.read_text())
    checks = {each["name"]: each for each in written["results"]}
    needs_gpu = {"paged attention", "CUDA graphs", "memory fraction"}
    assert {name for name, each in checks.items() if each["verdict"] == Verdict.SKIPPED} == needs_gpu
    assert {each["verdict"] for name, each in checks.items() if name not in needs_gpu} == {Verdict.PASSED}
    assert checks["tokens in float32"]["figures"]["equal"] == 3
    assert checks["speed, 2 streams"]["figures"]["tokens/s"] > 0
    assert checks["kill and recovery"]["figures"]["tokens"] == 8
    assert all(name in done.output for name in checks)


@pytest.mark.parametrize(
    ("error", "verdict", "reason"),
    [
        (Skipped("no device"), Verdict.SKIPPED, "no device"),
        (Failed("wrong", by=2), Verdict.FAILED, "wrong"),
        (ValueError("broken"), Verdict.FAILED, "ValueError: broken"),
    ],
)
def test_a_check_that_raises_has_a_verdict(error: Exception, verdict: Verdict, reason: str) -> None:
    def check() -> Figures:
        raise error

    found = run_check("name", check)
    assert (found.verdict, found.reason) == (verdict, reason)
    assert found.figures == ({"by": 2} if isinstance(error, Failed) else {})
