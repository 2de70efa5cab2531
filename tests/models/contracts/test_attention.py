"""The attention function that is registered with transformers."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from service.errors import UnsupportedModel
from service.models.contracts.attention import attention_forward


def test_the_call_is_passed_on_to_the_object_that_the_engine_handed_in() -> None:
    query, key, value = torch.rand(1, 4, 3, 8), torch.rand(1, 2, 3, 8), torch.rand(1, 2, 3, 8)
    module = nn.Identity()

    def attention(*args: Any, **kwargs: Any) -> Tensor:
        assert args == (module, query, key, value, None)
        assert kwargs == {"scaling": 0.5}
        return query.transpose(1, 2)

    found, weights = attention_forward(module, query, key, value, None, paged_attention=attention, scaling=0.5)
    assert torch.equal(found, query.transpose(1, 2))
    assert weights is None


def test_a_model_that_drops_the_object_is_refused() -> None:
    tensor = torch.zeros(1, 1, 1, 8)
    with pytest.raises(UnsupportedModel, match="Identity does not receive what the engine passes to the model"):
        attention_forward(nn.Identity(), tensor, tensor, tensor, None)
