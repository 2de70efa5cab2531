"""Formality."""

import pytest

from service.tasks.translation.prompting.formality import Formality, ask_for_formality


@pytest.mark.parametrize(
    ("formality", "language", "expected"),
    [
        ("more", "de", "Address the reader formally (Sie)."),
        ("prefer_more", "de", "Address the reader formally (Sie)."),
        ("less", "fr", "Address the reader informally (tu)."),
        ("prefer_less", "fr", "Address the reader informally (tu)."),
        ("default", "de", ""),
        ("prefer_more", "zh", ""),
    ],
)
def test_the_prompt_asks_for_a_form_of_address_where_there_are_two(
    formality: Formality, language: str, expected: str
) -> None:
    assert ask_for_formality(formality, language) == expected
