"""Attention over gathered blocks equals attention in double precision, for every kind of layer and step."""

from dataclasses import replace

import pytest
import torch

from service.engine.attention import gathered
from service.engine.attention.gathered import GatheredAttention
from tests.engine.attention.attention_cases import PLAIN, SPECS, STEPS, assert_expected, make_case, needs_cuda


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("spec", SPECS)
def test_attention_is_exact(spec: str, step: str, dtype: torch.dtype) -> None:
    case = make_case(SPECS[spec], STEPS[step], dtype=dtype)
    assert_expected(case, case.attend(GatheredAttention(case.batch)))


@needs_cuda
@pytest.mark.parametrize("step", STEPS)
def test_attention_is_exact_on_cuda(step: str) -> None:
    for spec in SPECS.values():
        for dtype in (torch.float32, torch.bfloat16):
            case = make_case(spec, STEPS[step], dtype=dtype, device="cuda")
            assert_expected(case, case.attend(GatheredAttention(case.batch)))


@pytest.mark.parametrize("block_size", [1, 16, 64])
def test_attention_is_exact_for_any_block_size(block_size: int) -> None:
    for spec in (PLAIN, SPECS["window over blocks"]):
        case = make_case(spec, STEPS["everything"], block_size=block_size)
        assert_expected(case, case.attend(GatheredAttention(case.batch)))


@pytest.mark.parametrize("chunks", [[(30, 7), (4, 1)], [(36, 1), (4, 1)], [(0, 37)]])
@pytest.mark.parametrize("window", [35, 36, 37, 38])
def test_a_window_hides_tokens_exactly_when_it_is_shorter(window: int, chunks: list[tuple[int, int]]) -> None:
    case = make_case(replace(PLAIN, window=window), chunks)
    assert_expected(case, case.attend(GatheredAttention(case.batch)))


@pytest.mark.parametrize("spec", ["soft cap and window", "narrow values"])
def test_slices_of_scores_change_nothing(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathered, "MAX_SCORES", 4 * 40 * 3)  # three rows of a chunk that sees 40 tokens
    case = make_case(SPECS[spec], STEPS["everything"])
    assert_expected(case, case.attend(GatheredAttention(case.batch)))


def test_layers_with_the_same_window_share_a_plan() -> None:
    case = make_case(PLAIN, STEPS["everything"])
    attention = GatheredAttention(case.batch)
    for window in (None, 5, None, 5, 1000):  # a window that hides nothing is no window
        case.cache.layers[0].spec = replace(PLAIN, window=window)
        case.attend(attention)
    assert attention.planned_windows == {None, 5}


def test_padding_of_a_group_is_bounded() -> None:
    contexts = sorted([1, 2, 3, 5, 700, 650, 64, 64, 63, 9, 8, 300, 4000], reverse=True)
    case = make_case(PLAIN, [(context - 1, 1) for context in contexts], block_size=16)
    groups = list(gathered.group_contexts(case.batch.contexts))
    assert [begin for begin, _ in groups] == [0, *(end for _, end in groups[:-1])]
    assert groups[-1][1] == len(contexts)
    for begin, end in groups:
        assert max(contexts[begin:end]) * (end - begin) <= 2 * sum(contexts[begin:end])
    assert len(groups) < len(contexts)
