"""The number of replicas follows the queued tokens, and does not swing."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivium_ray.scaling import QueuedTokensPolicy, wanted_replicas


@pytest.mark.parametrize(
    ("current", "queued", "requests", "wanted"),
    [
        (1, 0, 0, 1),
        (1, 100, 5, 1),
        (1, 101, 5, 2),
        (1, 950, 60, 10),
        (3, 250, 9, 3),
        (3, 90, 9, 3),
        (3, 90, 2, 2),
        (2, 0, 0, 1),
        (2, 0, 16, 2),
    ],
)
def test_wanted_replicas(current: int, queued: float, requests: float, wanted: int) -> None:
    assert wanted_replicas(current, queued, requests, target=100) == wanted


@given(current=st.integers(1, 50), queued=st.floats(0, 1e6), requests=st.floats(0, 1000))
def test_a_number_that_was_reached_stays_under_the_same_load(current: int, queued: float, requests: float) -> None:
    number = wanted_replicas(current, queued, requests, target=100)
    if number > current:
        assert wanted_replicas(number, queued, requests, target=100) == number


def test_the_policy_adds_the_tokens_of_all_replicas() -> None:
    context: Any = SimpleNamespace(
        aggregated_metrics={"queued_tokens": {"a": 120.0, "b": 90.0}}, current_num_replicas=2, total_num_requests=9.0
    )
    assert QueuedTokensPolicy(target=100)(context) == (3, {})
    context.aggregated_metrics = None
    assert QueuedTokensPolicy(target=100)(context) == (2, {})
