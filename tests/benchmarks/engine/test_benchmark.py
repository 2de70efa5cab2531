"""The benchmark of an engine step runs on tiny models, and its parts add up."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from benchmarks.__main__ import app
from benchmarks.engine.timed_engine import PARTS, REST
from benchmarks.report import files
from service.models.native import kernels
from tests.engine.tiny_models import tiny_model

SHAPE: dict[str, Any] = {"head_dim": 32, "hidden_size": 72, "max_position_embeddings": 1024}
without_kernels = pytest.mark.skipif(kernels.load() is None, reason="there is no compiler, or no AVX2")


@pytest.mark.parametrize("flags", [[], ["--quantization", "int8"], ["--no-native-kernels"]], ids=" ".join)
@without_kernels
def test_the_parts_add_up_to_the_whole(flags: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "RESULTS", tmp_path / "results")
    model = tiny_model("llama", tmp_path / "model", **SHAPE)
    command = ["engine", str(model), "--batch", "1,3", "--context", "20,40", "--steps", "2", "--rounds", "1"]
    done = CliRunner().invoke(app, [*command, "--no-products", "--device", "cpu", *flags])
    assert done.exit_code == 0, done.output
    (file,) = (tmp_path / "results").iterdir()
    written = json.loads(file.read_text())
    assert written["info"]["backend"] == ("torch" if "--no-native-kernels" in flags else "native")
    cells = [(each["kind"], each["batch"], each["context"]) for each in written["results"]]
    assert cells == [
        *(("decode", 1, 20), ("decode", 3, 20), ("prefill", 1, 20)),
        *(("decode", 1, 40), ("decode", 3, 40), ("prefill", 1, 40)),
    ]
    for each in written["results"]:
        assert list(each["parts"]) == list(PARTS)
        assert sum(each["parts"].values()) == pytest.approx(each["seconds"])
        assert all(each["parts"][part] > 0 for part in PARTS if part != REST)
        assert each["parts"][REST] >= 0
        steps, batch, context = each["steps"], each["batch"], each["context"]
        if each["kind"] == "prefill":
            assert (steps, each["rows"], each["sampled"], each["read"]) == (1, 512, 1, context + 512)
            assert each["seen"] == 512 * context + 512 * 513 // 2
        else:
            assert (steps, each["rows"], each["sampled"]) == (2, 2 * batch, 2 * batch)
            assert each["read"] == each["seen"] == batch * (2 * context + 3 + 4)
