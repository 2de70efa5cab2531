"""The two halves of a transformers model."""

from pathlib import Path

import pytest
import torch

from service.models.hf.causal_lm import CausalLM
from service.models.hf.layer_recorder import LayerRecorder
from service.models.hf.loader import load
from tests.engine.configs import engine_config
from tests.engine.tiny_models import VOCAB_SIZE, build_model, save_model

HIDDEN_SIZE = 32  # of the tiny models


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_model(build_model("llama"), tmp_path)
    return tmp_path


def load_model(path: Path) -> CausalLM:
    model = load(engine_config(path), torch.device("cpu")).model
    assert isinstance(model, CausalLM)
    return model


def test_the_two_halves_together_are_the_undivided_model(path: Path) -> None:
    model = load_model(path)
    ids, positions = torch.tensor([5, 9, 4]), torch.arange(3)
    with torch.inference_mode():
        hidden = model.hidden(ids, positions, LayerRecorder("test"))
        undivided = model.undivided_logits(ids, positions, LayerRecorder("test"))
        assert torch.equal(model.logits(hidden), undivided)
        torch.testing.assert_close(model.logits(hidden[2:]), undivided[2:])


def test_tied_weights_count_once(path: Path) -> None:
    untied = load_model(path).weights_bytes
    save_model(build_model("llama", tie_word_embeddings=True), path)
    assert load_model(path).weights_bytes == untied - VOCAB_SIZE * HIDDEN_SIZE * 4


def test_a_released_tensor_is_removed_from_the_module(path: Path) -> None:
    model = load_model(path)
    before = model.weights_bytes
    tensor = model.release_tensor("model.layers.0.mlp.up_proj.weight")
    assert tensor is not None
    assert model.weights_bytes == before - tensor.nbytes
    assert model.release_tensor("model.layers.0.mlp.up_proj.weight") is None


@pytest.mark.parametrize("name", ["model.layers.0.mlp.up_proj.bias", "model.layers.9.mlp.up_proj.weight", "nothing"])
def test_a_tensor_that_the_model_lacks_is_none(name: str, path: Path) -> None:
    assert load_model(path).release_tensor(name) is None
