"""Every field of a plain ``config.json`` is known; anything else is left to transformers."""

from pathlib import Path
from typing import Any

import pytest

from service.models.plain.errors import NeedsTransformers
from service.models.plain.read_config import read_config
from service.models.plain_configs.families import Llama, Qwen2
from service.models.plain_configs.rope_parameters import DefaultRope, LinearRope
from tests.models.plain.plain_models import LAYER_TYPES, LINEAR, LLAMA3, change_config, write_model


def rope(**changes: Any) -> dict[str, Any]:
    return {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0} | changes}


UNKNOWN: dict[str, tuple[str, dict[str, Any], str]] = {
    "another family": ("llama", {"model_type": "gemma"}, "gemma"),
    "an unknown field": ("llama", {"logit_scale": 2.0}, "logit_scale"),
    "a field of another family": ("llama", {"sliding_window": 4}, "sliding_window"),
    "code of its own": ("llama", {"auto_map": {"AutoConfig": "mine.Config"}}, "auto_map"),
    "another activation": ("llama", {"hidden_act": "gelu"}, "hidden_act"),
    "no activation": ("llama", {"hidden_act": ...}, "hidden_act"),
    "no number of key heads": ("llama", {"num_key_value_heads": ...}, "num_key_value_heads"),
    "a number that is none": ("llama", {"num_hidden_layers": True}, "num_hidden_layers"),
    "no layers": ("llama", {"num_hidden_layers": 0}, "num_hidden_layers"),
    "heads that do not divide": ("llama", {"num_key_value_heads": 4}, "heads does not divide evenly"),
    "a number type": ("llama", {"dtype": "float8_e4m3fn"}, "float8"),
    "longrope": ("llama", rope(rope_type="longrope"), "longrope"),
    "dynamic": ("llama", rope(rope_type="dynamic", factor=2.0), "dynamic"),
    "yarn": ("llama", rope(rope_type="yarn", factor=2.0), "yarn"),
    "a part of each head": ("llama", rope(partial_rotary_factor=0.5), "partial_rotary_factor"),
    "frequencies by kind of layer": ("qwen3", {"rope_parameters": {"full_attention": {}}}, "rope_type"),
    "no base": ("llama", {"rope_parameters": ...}, "rope_theta is not clear"),
    "two of them": ("llama", {"rope_scaling": LINEAR}, "rope_theta is not clear"),
    "no blend": ("llama", {"rope_parameters": LLAMA3 | {"high_freq_factor": 1.0}}, "high_freq_factor"),
    "no window": ("mistral", {"sliding_window": ...}, "sliding_window"),
    "layers of another kind": ("qwen2", {"layer_types": ["full_attention", "chunked_attention"]}, "chunked_attention"),
    "kinds for other layers": ("qwen2", {"layer_types": LAYER_TYPES}, "layer_types has not one entry for each layer"),
    "heads of null": ("qwen2", {"head_dim": None}, "head_dim"),
    "no heads": ("qwen3", {"head_dim": ...}, "head_dim"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_known_for_certain_needs_transformers(name: str, tmp_path: Path) -> None:
    family, changes, reason = UNKNOWN[name]
    change_config(write_model(tmp_path, family), **changes)
    with pytest.raises(NeedsTransformers, match=reason):
        read_config(tmp_path / "config.json")


@pytest.mark.parametrize("content", [None, b"", b"[]", b"{", b"\xff"])
def test_a_file_that_is_no_configuration_needs_transformers(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(NeedsTransformers, match=r"^config\.json: "):
        read_config(tmp_path / "config.json")


def test_the_family_chooses_the_plain_config(tmp_path: Path) -> None:
    assert isinstance(read_config(write_model(tmp_path, "llama") / "config.json"), Llama)
    assert isinstance(read_config(write_model(tmp_path, "qwen2") / "config.json"), Qwen2)


def test_rope_theta_may_stand_beside_or_in_the_parameters(tmp_path: Path) -> None:
    write_model(tmp_path)
    change_config(tmp_path, rope_parameters={"rope_type": "default", "rope_theta": 7.0})
    assert read_config(tmp_path / "config.json").rope == DefaultRope(rope_theta=7.0)
    change_config(tmp_path, rope_parameters=..., rope_theta=8.0)
    assert read_config(tmp_path / "config.json").rope == DefaultRope(rope_theta=8.0)
    change_config(tmp_path, rope_scaling={"rope_type": "linear", "factor": 2.0})
    assert read_config(tmp_path / "config.json").rope == LinearRope(rope_theta=8.0, factor=2.0)
