"""Scripts: letters, weights, and the two ways to write Chinese."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.tasks.translation.language.scripts import (
    count_letters,
    is_traditional,
    letter_weight,
    scripts_of,
    weigh,
)


def test_letters_are_counted_by_script() -> None:
    assert count_letters("Ab é, Ω Жж 你好 かな 한 שלום 12 😀") == {
        "Latn": 3,
        "Grek": 1,
        "Cyrl": 2,
        "Hani": 2,
        "Kana": 2,
        "Hang": 1,
        "Hebr": 4,
    }


def test_letters_of_other_scripts_are_counted_together() -> None:
    assert count_letters("ქართული") == {"Zyyy": 7}  # Georgian


@pytest.mark.parametrize(
    ("text", "weight"), [("", 0), (" \n\u3000", 0), ("abc", 3), ("a b, 1", 4), ("你好", 6), ("かな", 4), ("한", 2)]
)
def test_weights_are_in_latin_letters_without_white_space(text: str, weight: int) -> None:
    assert weigh(text) == weight


@given(st.text(), st.text())
def test_the_weight_of_a_text_is_the_sum_of_its_parts(one: str, other: str) -> None:
    assert weigh(one + other) == weigh(one) + weigh(other)


def test_each_language_has_its_scripts() -> None:
    assert (scripts_of("ja"), scripts_of("ru"), scripts_of("fr")) == (("Kana", "Hani"), ("Cyrl",), ("Latn",))
    assert letter_weight("Latn") == 1


@pytest.mark.parametrize(
    ("text", "traditional"),
    [("電話在家裡", True), ("电话在家里", False), ("好人", None), ("電话", None), ("phone", None), ("", None)],
)
def test_characters_tell_traditional_from_simplified(text: str, traditional: bool | None) -> None:
    assert is_traditional(text) is traditional
