"""What follows from the fields that all plain models share."""

from typing import Any

import msgspec
import pytest
from transformers import AutoConfig, AutoModelForCausalLM

from service.models.plain_configs.families import Llama, Qwen3
from service.models.plain_configs.plain_config import HEAD
from service.models.plain_configs.rope_parameters import DefaultRope, LinearRope
from tests.models.plain_configs.test_families import FIELDS


def llama(**fields: Any) -> Llama:
    return msgspec.convert(FIELDS | {"model_type": "llama"} | fields, Llama)


def test_heads_divide_the_hidden_size_unless_their_dimension_is_given() -> None:
    assert llama().key_dim == 2
    assert llama(head_dim=16).key_dim == 16


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"rope_theta": 7.0}, DefaultRope(rope_theta=7.0)),
        ({"rope_parameters": {"rope_type": "default", "rope_theta": 7.0}}, DefaultRope(rope_theta=7.0)),
        (
            {"rope_theta": 7.0, "rope_scaling": {"rope_type": "linear", "factor": 2.0}},
            LinearRope(rope_theta=7.0, factor=2.0),
        ),
        ({}, DefaultRope()),
    ],
)
def test_the_base_of_rotary_positions_may_be_in_either_place(fields: dict[str, Any], expected: DefaultRope) -> None:
    assert llama(**fields).rope == expected


@pytest.mark.parametrize(
    ("family", "fields"),
    [
        ("llama", {"head_dim": 4, "attention_bias": True, "mlp_bias": True}),
        ("qwen3", {"head_dim": 4, "tie_word_embeddings": False}),
    ],
)
def test_the_tensors_are_those_of_transformers(family: str, fields: dict[str, Any]) -> None:
    plain = msgspec.convert(FIELDS | {"model_type": family} | fields, Llama if family == "llama" else Qwen3)
    config = AutoConfig.for_model(family, **(FIELDS | fields | {"pad_token_id": 0}))
    model = AutoModelForCausalLM.from_config(config)
    expected = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
    assert HEAD in expected
    assert dict(plain.weights()) == expected
