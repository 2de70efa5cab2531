"""The tables of rotary positions equal those of transformers bit by bit."""

from typing import Any

import msgspec
import pytest
import torch

from service.models.hf import rope
from service.models.plain.rope_tables import rope_tables
from service.models.plain_configs.rope_parameters import Rope
from tests.engine.tiny_models import build_model
from tests.models.plain.plain_models import LINEAR, LLAMA3

DEFAULT = {"rope_type": "default", "rope_theta": 1e6}


@pytest.mark.parametrize("parameters", [DEFAULT, LINEAR, LLAMA3], ids=lambda parameters: parameters["rope_type"])
@pytest.mark.parametrize(("head_dim", "length"), [(64, 8192), (128, 32768), (96, 1001)])
def test_the_tables_equal_those_of_transformers(parameters: dict[str, Any], head_dim: int, length: int) -> None:
    model = build_model("llama", head_dim=head_dim, rope_parameters=parameters, max_position_embeddings=length)
    tables = rope_tables(msgspec.convert(parameters, Rope), head_dim, length)
    of_module = model.model.rotary_emb(torch.zeros(1, 1, 1), torch.arange(length)[None])
    for found, other, expected in zip(tables, rope.tables(model, length)[""], of_module, strict=True):
        assert found.shape == (length, head_dim // 2)
        assert torch.equal(found, other)
        assert torch.equal(found, expected[0, :, : head_dim // 2])
