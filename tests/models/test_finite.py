"""A model that computes no finite number is refused."""

import pytest
import torch

from service.errors import UnsupportedModel
from service.models.finite import require_finite


def test_one_finite_number_is_enough() -> None:
    require_finite(torch.tensor([torch.nan, torch.inf, 0.0]), "Tiny")


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_without_a_finite_number_the_model_is_refused(value: float) -> None:
    with pytest.raises(UnsupportedModel, match="Tiny computes no finite number"):
        require_finite(torch.full((2, 3), value), "Tiny")
