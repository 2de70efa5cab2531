"""Segmentation: where texts are cut into sentences, clauses and words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.tasks.translation.language.segmentation import LONGEST, split


def segments(text: str, language: str = "en") -> list[str]:
    return [text[start:end] for start, end in split(text, language=language)]


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "en",
            ["Mr. Smith went to Washington.", "He arrived at 5 p.m. on Jan. 5th, 2009.", '"Is it true?" she asked.'],
        ),
        ("en", ["Version 3.14 is at www.example.com/a.b?c=d today.", "Get it!"]),
        ("zh", ["今天天气很好。", "我们去公园吧！", "他说：“好。”", "然后走了。"]),
        ("fr", ["M. Dupont est arrivé à 15 h.", "Il a dit : « Bonjour ! »", "Est-ce vrai ?"]),
        ("ja", ["今日は良い天気です。", "公園に行きましょう！"]),
        ("xx", ["Hi George.", "Roy, got to talk to you."]),
    ],
)
def test_a_text_is_cut_into_sentences(language: str, sentences: list[str]) -> None:
    for space in ("" if language in ("zh", "ja") else " ", "\n", " \r\n\t"):
        assert segments(space.join(sentences), language) == sentences


def test_a_text_may_be_left_whole() -> None:
    text = " One. Two.\nThree. \n"
    assert [text[start:end] for start, end in split(text, language="en", splitting="none")] == ["One. Two.\nThree."]


def test_a_line_break_ends_a_sentence() -> None:
    assert segments("One\ntwo\u2028three") == ["One", "two", "three"]


@pytest.mark.parametrize("text", ["one two three, " * 500, "four five " * 500, "然而，" * 2000])
def test_a_long_sentence_is_cut_between_clauses_or_words(text: str) -> None:
    found = segments(text)
    assert max(map(len, found)) <= LONGEST
    assert "".join("".join(found).split()) == "".join(text.split())


def test_a_clause_is_cut_at_its_end() -> None:
    assert all(part.endswith(",") for part in segments("one two three, " * 500))


def test_a_long_word_is_not_cut() -> None:
    assert len(segments("x" * 5000)) == 1


def test_a_long_quotation_is_cut_into_its_sentences() -> None:
    sentence = "The road was long and nobody knew where it would end."
    quotation = f'He said, "{" ".join([sentence] * 10)}"'
    assert len(segments(quotation)) > 1
    assert " ".join(segments(quotation)) == quotation


@pytest.mark.timeout(60)  # quadratic time would be far longer
def test_a_line_of_many_sentences_takes_linear_time() -> None:
    assert len(split("好。" * 300_000, language="zh")) == 300_000


@given(st.text("ab.。!?\n \r\t\u3000[1]，,😀", max_size=200), st.sampled_from(["en", "zh", "fr", "xx"]))
def test_only_white_space_stands_between_segments(text: str, language: str) -> None:
    position = 0
    for start, end in split(text, language=language):
        assert not text[position:start].strip()
        assert text[start:end].strip() == text[start:end] != ""
        position = end
    assert not text[position:].strip()
