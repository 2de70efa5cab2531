"""The windows and biases of each family's layers. ``tests/models/plain/test_loader.py`` compares whole models."""

from typing import Any

import msgspec
import pytest

from service.models.plain_configs.families import Llama, Mistral, Qwen2, Qwen3

FIELDS: dict[str, Any] = {
    "vocab_size": 10,
    "hidden_size": 8,
    "intermediate_size": 12,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "rms_norm_eps": 1e-6,
    "hidden_act": "silu",
}
SLIDING = {"use_sliding_window": True, "sliding_window": 5}
QKV = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"}
MLP = {"mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"}


@pytest.mark.parametrize(
    ("family", "fields", "windows"),
    [
        (Llama, {}, [None, None, None]),
        (Mistral, {"sliding_window": 5}, [5, 5, 5]),
        (Mistral, {"sliding_window": None}, [None, None, None]),
        (Qwen2, {"sliding_window": 5}, [None, None, None]),
        (Qwen2, SLIDING | {"max_window_layers": 1}, [None, 5, 5]),
        (Qwen2, SLIDING | {"layer_types": ["sliding_attention", "full_attention", "full_attention"]}, [5, None, None]),
        (Qwen3, SLIDING | {"head_dim": 2, "max_window_layers": 3}, [None, None, None]),
    ],
)
def test_each_layer_has_its_window(family: Any, fields: dict[str, Any], windows: list[int | None]) -> None:
    assert msgspec.convert(FIELDS | fields | {"model_type": family.__name__.lower()}, family).windows == windows


@pytest.mark.parametrize(
    ("family", "fields", "biased"),
    [
        (Llama, {}, set()),
        (Llama, {"attention_bias": True}, QKV | {"self_attn.o_proj"}),
        (Llama, {"mlp_bias": True}, MLP),
        (Qwen2, {}, QKV),
        (Qwen3, {"head_dim": 2}, set()),
        (Qwen3, {"head_dim": 2, "attention_bias": True}, QKV | {"self_attn.o_proj"}),
    ],
)
def test_the_biased_matrices_are_named(family: Any, fields: dict[str, Any], biased: set[str]) -> None:
    config = msgspec.convert(FIELDS | fields | {"model_type": family.__name__.lower()}, family)
    assert config.biased_matrices == biased
    names = {name for name, _ in config.weights() if name.endswith(".bias")}
    assert names == {f"model.layers.{number}.{name}.bias" for number in range(3) for name in biased}
