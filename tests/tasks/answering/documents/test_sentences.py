"""The sentence around a span."""

import pytest

from service.tasks.answering.documents.sentences import sentence, sentence_bounds


def around(text: str, span: str) -> str:
    start = text.index(span)
    return sentence(text, start, start + len(span))


@pytest.mark.parametrize(
    ("text", "span", "expected"),
    [
        ("It rains. Ada came at six. It rained.", "six", "Ada came at six."),
        ("Ada came at six", "Ada", "Ada came at six"),
        ("Rain.\n  Ada came\nat six.", "Ada", "Ada came"),
        ("She paid 3.14 at www.example.com today. Then she left.", "3.14", "She paid 3.14 at www.example.com today."),
        ("下雨了。李娜来了！真的？", "李娜", "李娜来了！"),
        ("One. Two. Three.", "ne. Tw", "One. Two."),
    ],
)
def test_the_sentence_ends_at_marks_and_line_breaks(text: str, span: str, expected: str) -> None:
    assert around(text, span) == expected


def test_a_span_that_ends_with_its_mark_takes_the_next_sentence_with_it() -> None:
    assert around("Ada came. It rains.", "came.") == "Ada came. It rains."


def test_the_bounds_have_no_white_space_at_their_ends() -> None:
    text = "Rain.  \t Ada came \n"
    start, end = sentence_bounds(text, text.index("came"), text.index("came") + 4)
    assert text[start:end] == "Ada came"


def test_a_sentence_without_end_is_cut_400_characters_beside_the_span() -> None:
    text = "a" * 1000 + "X" + "b" * 1000
    assert sentence(text, 1000, 1001) == "a" * 400 + "X" + "b" * 400
