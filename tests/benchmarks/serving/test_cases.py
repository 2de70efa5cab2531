"""Cases make the same requests from the same seed."""

import random

import pytest

from benchmarks.serving.cases import CASES, select_cases


def test_equal_seeds_give_equal_prompts_and_rounds_differ() -> None:
    for case in CASES.values():
        first, again, other = (case(random.Random(seed)) for seed in ("a", "a", "b"))
        assert first == again != other
    shared = CASES["shared"](random.Random(1))
    assert len({tuple(request.prompt[:1024]) for request in shared}) == 1
    assert len({tuple(request.prompt) for request in shared}) == 16


def test_any_number_of_streams_can_be_named() -> None:
    assert list(select_cases("", CASES)) == list(CASES)
    selected = select_cases("streams-3,one", CASES)
    assert list(selected) == ["streams-3", "one"]
    assert [len(case(random.Random(1))) for case in selected.values()] == [3, 1]
    for wrong in ("two", "streams-0", "streams-", "streams-x"):
        with pytest.raises(ValueError, match=f"unknown: {wrong}; known are one, "):
            select_cases(wrong, CASES)
