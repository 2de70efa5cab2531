"""Selecting the best tokens of a row, against a stable sort."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from service.engine.sampling.selection import best_tokens, order_keys, smallest_prefix, top_k_by_keys, top_k_ids
from tests.engine.sampling.cases import INF, random_logits

# Few different values, so that rows are full of ties; both zeros are equal.
VALUES = (-INF, -1e30, -2.5, -1e-40, -0.0, 0.0, 1e-40, 2.5, 2.5000002, 1e30)
rows = st.lists(st.sampled_from(VALUES), min_size=1, max_size=30)


def best_first(logits: Tensor) -> list[int]:
    return torch.sort(logits, descending=True, stable=True).indices.tolist()


@given(rows)
def test_keys_order_as_the_logits_do(values: list[float]) -> None:
    logits = torch.tensor(values)
    keys = order_keys(logits)
    assert keys.dtype == torch.int32
    assert torch.equal(keys[:, None] < keys, logits[:, None] < logits)
    assert torch.equal(keys[:, None] == keys, logits[:, None] == logits)


@given(rows, st.data())
def test_top_k_ids_are_the_first_of_a_stable_sort(values: list[float], data: st.DataObject) -> None:
    logits = torch.tensor([values, values[::-1]])
    k = data.draw(st.integers(1, len(values)))
    for top_k in (top_k_ids, top_k_by_keys):
        assert top_k(logits, k).tolist() == [best_first(row)[:k] for row in logits]


@pytest.mark.parametrize("k", [0, 1, 40, 300, 1024])
def test_top_k_ids_of_a_large_vocabulary(k: int) -> None:
    """Also where many logits are equal to the k-th best one, and where most are -inf."""
    logits = random_logits(4, 20_011)
    logits[1] = logits[1].bfloat16().float()
    logits[2, ::3] = 2.0
    logits[3, 30:] = -INF
    assert top_k_ids(logits, k).tolist() == [best_first(row)[:k] for row in logits]


def test_the_best_token_is_the_first_of_equal_ones_and_nan_is_the_best_of_all() -> None:
    logits = random_logits(4, 20_011).bfloat16().float()
    logits[1, 7] = logits[1, 9] = INF
    logits[2, 5000] = torch.nan
    logits[3] = -INF
    peaks, tokens = best_tokens(logits)
    wanted = [best_first(row)[0] for row in logits]
    assert tokens.tolist() == [wanted[0], 7, 5000, 0]
    assert peaks.isnan().tolist() == [False, False, True, False]
    assert peaks[[0, 1, 3]].tolist() == [float(logits[0].max()), INF, -INF]


@given(rows, st.data())
def test_the_smallest_prefix_is_the_shortest_that_reaches_the_amount(values: list[float], data: st.DataObject) -> None:
    logits = torch.tensor(values)
    by_value = {value: data.draw(st.integers(0, 5)) for value in sorted(set(values))}
    amounts = torch.tensor([by_value[value] for value in values])
    amounts[best_first(logits)[0]] += 1  # so that the total is not zero
    amounts = torch.where(logits == logits.max(), amounts.max(), amounts)
    needed = data.draw(st.integers(1, int(amounts.sum())))
    mask = smallest_prefix(order_keys(logits)[None], amounts[None], torch.tensor([[needed]]))[0]
    chosen, total = set(), 0
    for token in best_first(logits):
        if total >= needed:
            break
        chosen.add(token)
        total += int(amounts[token])
    kept = set(mask.nonzero().flatten().tolist())
    # Tokens of amount 0 change no sum, so whether they are in the mask has no effect.
    assert {token for token in kept if amounts[token]} == {token for token in chosen if amounts[token]}


@pytest.mark.parametrize("k", [1, 2, 77, 4999, 5000])
def test_with_equal_amounts_the_smallest_prefix_is_the_top_k(k: int) -> None:
    logits = random_logits(3, 5000).bfloat16().float()
    mask = smallest_prefix(order_keys(logits), torch.ones_like(logits, dtype=torch.int64), torch.full((3, 1), k))
    for row in range(3):
        assert set(mask[row].nonzero().flatten().tolist()) == set(best_first(logits[row])[:k])
