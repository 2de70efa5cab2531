"""The guard's checks of configuration, class and layers. ``test_architectures`` has whole models that are refused."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from service.errors import UnsupportedModel
from service.models.contracts.attention import ATTENTION_NAME
from service.models.hf import guard
from service.models.hf.causal_lm import CausalLM
from service.models.hf.loader import load
from tests.engine.configs import engine_config
from tests.engine.tiny_models import WINDOW, build_model, save_model


@pytest.mark.parametrize(
    ("model_type", "options", "reason"),
    [
        ("t5", {}, "t5 is an encoder-decoder model; only decoder-only language models are supported"),
        ("lfm2", {"layer_types": ["conv", "full_attention"], "num_hidden_layers": 2}, "not supported: conv"),
    ],
)
def test_a_configuration_is_refused(model_type: str, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnsupportedModel, match=reason):
        guard.check_config(AutoConfig.for_model(model_type, **options))


@pytest.mark.parametrize(
    ("model_type", "reason"),
    [("falcon_h1", "FalconH1ForCausalLM keeps a recurrent state"), ("bloom", "does not let its attention be replaced")],
)
def test_a_class_is_refused(model_type: str, reason: str) -> None:
    with pytest.raises(UnsupportedModel, match=reason):
        guard.check_class(AutoModelForCausalLM._model_mapping[type(AutoConfig.for_model(model_type))])


def test_a_model_with_its_own_attention_is_refused() -> None:
    with pytest.raises(UnsupportedModel, match="LlamaForCausalLM did not accept the engine's attention"):
        guard.measure_layers(CausalLM(build_model("llama")))


def test_layers_are_measured_in_order(tmp_path: Path) -> None:
    save_model(build_model("gemma2"), tmp_path)
    loaded = load(engine_config(tmp_path), torch.device("cpu"))
    model = loaded.model
    assert isinstance(model, CausalLM)
    assert model.config._attn_implementation == ATTENTION_NAME
    with torch.inference_mode():
        layers = guard.measure_layers(model)
    assert layers == loaded.layers
    assert [layer.window for layer in layers] == [WINDOW, None]
