"""Beginnings of prompts have hashes, and an index knows which of them a replica was sent."""

from typing import Any

from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.routing.prefix_blocks import BLOCK_TOKENS, prefix_blocks
from service.routing.prefix_index import PrefixIndex


def blocks(*prompt: int, **fields: Any) -> tuple[int, ...]:
    return prefix_blocks(Request(id="a", prompt=prompt, params=SamplingParams(max_tokens=1), **fields))


def test_equal_beginnings_have_equal_hashes_up_to_the_first_difference() -> None:
    first = blocks(*range(300))
    second = blocks(*range(130), 7, *range(131, 300))
    assert len(first) == 300 // BLOCK_TOKENS
    assert [one == other for one, other in zip(first, second, strict=True)] == [True, True, False, False]
    assert blocks(*range(BLOCK_TOKENS - 1)) == ()


def test_prompts_that_share_no_cache_share_no_hash() -> None:
    plain = blocks(*range(64))
    assert len({plain, blocks(*range(64), cache_salt="a"), blocks(*range(64), adapter="a")}) == 3


def test_a_long_prompt_has_a_bounded_number_of_hashes() -> None:
    assert len(blocks(*range(100_000))) == 64


def test_the_index_knows_the_longest_match_and_forgets_the_oldest() -> None:
    index: PrefixIndex[str] = PrefixIndex(most_blocks=3)
    index.add("a", (1, 2, 3))
    assert [index.matches("a", each) for each in ((1, 2, 9), (9, 2, 3), (1, 2, 3, 4))] == [2, 0, 3]
    index.add("a", (4,))
    assert index.matches("a", (1,)) == 0
    assert index.matches("a", (2, 3, 4)) == 3
    index.keep(["b"])
    assert (index.matches("a", (2,)), index.matches("b", (2,))) == (0, 0)
