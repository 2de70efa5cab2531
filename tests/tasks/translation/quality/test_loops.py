"""Loops, and repetitions that are no loops."""

import pytest

from service.tasks.translation.quality.loops import ends_in_loop, has_loop


@pytest.mark.parametrize("text", ["salad " * 10, "cada vez " * 4, "好" * 20, "abcdefgh" * 3])
def test_a_loop_is_found_at_the_end_and_anywhere(text: str) -> None:
    before = "What came first was sound. "
    assert ends_in_loop(before + text)
    assert has_loop(before + text + " And this again.")
    assert not ends_in_loop(before + text + " And this again.")


@pytest.mark.parametrize(
    "text", ["", "ha ha ha ha", "=" * 100, "0, " * 40, "a b c d e f g h", "the cat, the dog, the cow", "aaaa"]
)
def test_exclamations_and_lines_are_no_loops(text: str) -> None:
    assert not ends_in_loop(text)
    assert not has_loop(text)


@pytest.mark.timeout(60)  # quadratic time would be far longer
@pytest.mark.parametrize(
    ("text", "is_loop"), [("a", True), (". ", False), ("ab", True), ("1 2 3 4 5 6 7 8 9 ", False)], ids=repr
)
def test_hostile_texts_take_linear_time(text: str, is_loop: bool) -> None:
    text *= 500_000 // len(text)
    assert has_loop(text) is is_loop
    assert ends_in_loop(text) is is_loop
