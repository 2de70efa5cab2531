"""Models that transformers loads: only whole safetensors checkpoints, in the right number type.

The tiny models have heads that the native kernels do not compute, so the plain loader leaves them to transformers.
"""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, Gemma3Config, Gemma3ForConditionalGeneration

from service.errors import UnsupportedModel
from service.models.loaded_model import LoadedModel
from service.models.loader import load
from tests.engine.configs import engine_config
from tests.engine.stepping import reference_logits
from tests.engine.test_architectures import check_against, load_reference, make_runner
from tests.engine.tiny_models import build_model, save_model


def load_path(path: Path, **config: Any) -> LoadedModel:
    return load(engine_config(path, **config), torch.device("cpu"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_model(build_model("llama"), tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("checkpoint", "asked", "computed"),
    [
        (torch.float32, "auto", torch.float32),
        (torch.float32, "bfloat16", torch.bfloat16),
        (torch.bfloat16, "auto", torch.bfloat16),
        (torch.bfloat16, "float32", torch.float32),
        (torch.float16, "auto", torch.float32),
        (torch.float16, "float16", torch.float16),
    ],
)
def test_the_number_type_suits_checkpoint_setting_and_device(
    checkpoint: torch.dtype, asked: str, computed: torch.dtype, path: Path
) -> None:
    if asked == "auto" and computed == torch.bfloat16 and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        computed = torch.float32
    save_model(build_model("llama", dtype=checkpoint), path)
    assert load_path(path, dtype=asked).model.dtype == computed


def test_a_directory_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModel, match="holds no model that transformers knows"):
        load_path(tmp_path)


def test_code_in_a_checkpoint_is_refused(path: Path) -> None:
    code = {"auto_map": {"AutoConfig": "mine.Config", "AutoModelForCausalLM": "mine.Model"}, "model_type": "mine"}
    (path / "mine.py").write_text("raise SystemExit('this must never run')")
    (path / "config.json").write_text(json.dumps(code))
    with pytest.raises(UnsupportedModel, match="holds no model that transformers knows"):
        load_path(path)


def test_weights_that_are_not_safetensors_are_refused(path: Path) -> None:
    torch.save(load_file(path / "model.safetensors"), path / "pytorch_model.bin")
    (path / "model.safetensors").unlink()
    with pytest.raises(UnsupportedModel, match="cannot be loaded"):
        load_path(path)


def test_a_checkpoint_with_missing_weights_is_refused(path: Path) -> None:
    weights = load_file(path / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, path / "model.safetensors", {"format": "pt"})
    with pytest.raises(UnsupportedModel, match=r"is incomplete: it lacks model\.layers\.1\.mlp\.up_proj\.weight"):
        load_path(path)


def test_a_damaged_checkpoint_is_refused(path: Path) -> None:
    file = path / "model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(UnsupportedModel, match="cannot be loaded"):
        load_path(path)


def test_weights_without_a_finite_result_are_refused(path: Path) -> None:
    weights = {name: tensor * torch.nan for name, tensor in load_file(path / "model.safetensors").items()}
    save_file(weights, path / "model.safetensors", {"format": "pt"})
    with pytest.raises(UnsupportedModel, match="computes no finite number"):
        load_path(path)


def test_a_quantized_checkpoint_of_another_kind_is_refused(path: Path) -> None:
    config = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps(config | {"quantization_config": {"quant_method": "hqq"}}))
    with pytest.raises(UnsupportedModel, match="quantized checkpoint of hqq; only those of awq, compressed-tensors"):
        load_path(path)


def test_a_family_outside_of_the_table_is_served_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    save_model(build_model("persimmon"), tmp_path)
    with caplog.at_level(logging.WARNING):
        load_path(tmp_path)
    assert "persimmon was never compared" in caplog.text


def test_the_text_part_of_a_vision_model_is_served(tmp_path: Path) -> None:
    text = build_model("gemma3_text").config.to_dict()
    vision = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    vision |= {"image_size": 28, "patch_size": 14}
    config = Gemma3Config(text_config=text, vision_config=vision, tie_word_embeddings=False)
    model = Gemma3ForConditionalGeneration(config).eval()
    save_model(model, tmp_path)
    text_model = AutoModelForCausalLM.from_config(config.text_config, attn_implementation="eager").eval()
    text_model.model.load_state_dict(model.model.language_model.state_dict())
    text_model.lm_head.load_state_dict(model.lm_head.state_dict())
    tokens = [5, 6, 7]
    torch.testing.assert_close(reference_logits(text_model, tokens), reference_logits(model, tokens))
    check_against(text_model, make_runner(tmp_path))


def test_the_reference_of_the_tests_uses_the_attention_of_transformers(path: Path) -> None:
    assert load_reference(path).config._attn_implementation == "eager"
