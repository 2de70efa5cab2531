"""The context length: requested, or the default."""

import pytest

from service.errors import EngineError
from service.models.context_length import choose_context_length


@pytest.mark.parametrize(("asked", "chosen"), [(0, 40), (1, 1), (40, 40), (41, 41), (100, 100)])
def test_a_requested_length_replaces_the_default(asked: int, chosen: int) -> None:
    assert choose_context_length(asked, default=40, longest=100) == chosen


def test_more_than_the_longest_context_is_refused() -> None:
    with pytest.raises(EngineError, match="max_model_len is 101, but the model's context is 100 tokens"):
        choose_context_length(101, default=40, longest=100)
