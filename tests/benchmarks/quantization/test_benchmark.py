"""The benchmark of quantized weights measures all languages and writes its results."""

import json
from pathlib import Path

import pytest

from benchmarks.quantization.benchmark import measure
from benchmarks.quantization.texts import LANGUAGES
from benchmarks.report.files import RESULTS
from service.engine.protocol.config import EngineConfig


def test_everything_is_written(
    config: EngineConfig,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert RESULTS.name == "results"
    monkeypatch.setattr("benchmarks.report.files.RESULTS", tmp_path / "results")
    measure(
        config,
        name="tiny",
        data=data,
        kinds=["float32", "int8"],
        tokens=512,
        passage_tokens=256,
        prompts=2,
        output_tokens=4,
    )
    (path,) = (tmp_path / "results").iterdir()
    rows = json.loads(path.read_text())["results"]
    assert [row["language"] for row in rows[:6:2]] == list(LANGUAGES)
    assert [row["weights"] for row in rows] == ["float32", "int8"] * 4
    assert rows[0]["tokens"] == 2 * 255
    assert "French" in capsys.readouterr().out
