"""Configurations, classes and weights that transformers reads."""

from pathlib import Path

import pytest
import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM, BertModel, LlamaForCausalLM

from service.errors import UnsupportedModel
from service.models.hf.checkpoint import find_model_class, read_config, read_weights
from tests.engine.tiny_models import build_model, save_model


def test_a_directory_without_a_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModel, match="holds no model that transformers knows"):
        read_config(str(tmp_path))


def test_the_class_of_a_language_model_is_found() -> None:
    assert find_model_class(AutoConfig.for_model("llama")) is LlamaForCausalLM


@pytest.mark.parametrize("model_type", ["t5", "vit"])
def test_a_model_that_does_not_continue_text_has_no_class(model_type: str) -> None:
    with pytest.raises(UnsupportedModel, match=f"{model_type} is not a language model that continues text"):
        find_model_class(AutoConfig.for_model(model_type))


def test_missing_weights_are_named(tmp_path: Path) -> None:
    save_model(build_model("llama"), tmp_path)
    config = read_config(str(tmp_path))
    module, missing = read_weights(AutoModelForCausalLM, str(tmp_path), config, torch.float32)
    assert (type(module), missing) == (LlamaForCausalLM, [])
    config.num_hidden_layers += 1
    _, missing = read_weights(AutoModelForCausalLM, str(tmp_path), config, torch.float32)
    assert missing
    assert missing == sorted(missing)
    assert all(name.startswith("model.layers.2.") for name in missing)


@pytest.mark.parametrize("shown", [True, False])
def test_the_progress_bar_of_transformers_stays_as_it_was(tmp_path: Path, shown: bool) -> None:
    before = transformers.logging.is_progress_bar_enabled()
    change = transformers.logging.enable_progress_bar if shown else transformers.logging.disable_progress_bar
    change()
    try:
        with pytest.raises(UnsupportedModel, match="cannot be loaded"):
            read_weights(BertModel, str(tmp_path), AutoConfig.for_model("bert"), torch.float32)
        assert transformers.logging.is_progress_bar_enabled() is shown
    finally:
        (transformers.logging.enable_progress_bar if before else transformers.logging.disable_progress_bar)()
