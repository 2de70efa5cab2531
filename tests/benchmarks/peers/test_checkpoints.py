"""Peers get the weights that Trivium serves in a form that they read."""

import json
from pathlib import Path

import pytest

from benchmarks import unquantized_copy
from benchmarks.peers.checkpoints import fingerprint, plain_checkpoint
from benchmarks.peers.environment import Environment


def test_peers_share_one_copy_of_a_model_that_only_this_service_reads(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    written: list[tuple[Path, Path]] = []
    monkeypatch.setattr(unquantized_copy, "unquantized_copy", lambda model, copy: written.append((model, copy)))
    plain, quantized = tmp_path / "plain", tmp_path / "quantized"
    for model, method in ((plain, "awq"), (quantized, "gguf")):
        model.mkdir()
        (model / "config.json").write_text(json.dumps({"quantization_config": {"quant_method": method}}))
    assert plain_checkpoint(plain, environment) == plain
    assert plain_checkpoint(tmp_path / "empty", environment) == tmp_path / "empty"
    other = Environment("other", environment.path.parent)
    copies = [plain_checkpoint(quantized, each) for each in (environment, other)]
    assert written == [(quantized, copies[0])]
    assert copies[0] == copies[1] == tmp_path / "models" / f"quantized-{fingerprint(quantized)}"
