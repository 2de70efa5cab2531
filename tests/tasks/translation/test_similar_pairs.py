"""The nearest example for a text."""

import pytest

from service.tasks.translation.similar_pairs import Example, SimilarPairs

HOUSE = Example("The red house is old.", "1")
GARDEN = Example("The red house has a garden.", "2")
LATER = Example("the RED house is old", "3")
CAT = Example("我家的猫很小。", "4")


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("The red house is new.", LATER),  # of equally similar ones the last
        ("The blue house has a garden.", GARDEN),
        ("The red house", LATER),
        ("The dog was old.", None),  # 2 * 2 / 9
        ("Old is the red.", None),  # the order counts
        ("", None),
        ("?!", None),
        ("我家的猫很大。", CAT),
        ("我家的狗很大。", CAT),  # 2 * 5 / 14
        ("你家的狗很大。", None),  # 2 * 4 / 14
        ("x " * 501, None),
    ],
)
def test_the_most_similar_source_is_nearest(text: str, nearest: Example | None) -> None:
    assert SimilarPairs([HOUSE, GARDEN, CAT, LATER]).nearest(text) == nearest


def test_long_texts_are_no_examples() -> None:
    long = Example("The red house is old.", "x" * 1001)
    assert SimilarPairs([long]).nearest("The red house is old.") is None
    assert SimilarPairs([long, HOUSE]).nearest("The red house is old.") == HOUSE


def test_a_word_of_most_sources_finds_none_by_itself() -> None:
    many = [Example(f"the {number} the", "x") for number in range(1001)]
    assert SimilarPairs(many).nearest("the the") is None
    assert SimilarPairs(many).nearest("the 7 the") == many[7]
