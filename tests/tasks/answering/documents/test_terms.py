"""Terms: what makes two texts alike without a model."""

import pytest

from service.tasks.answering.documents.terms import content_stems, index_terms, placed_terms, stems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Lighthouses, the LIGHTHOUSE!", ["the", "light", "the", "light"]),
        ("a_b c", ["a", "b", "c"]),
        ("灯塔看守人", ["灯塔", "塔看", "看守", "守人"]),
        ("灯", ["灯"]),
        ("Python的GIL", ["的", "pytho", "gil"]),
        ("45号房间", ["号房", "房间", "45"]),
        ("", []),
        (" .,!? ", []),
    ],
)
def test_stems_are_beginnings_of_words_or_pairs_of_characters(text: str, expected: list[str]) -> None:
    assert stems(text) == expected


def test_numbers_and_codes_are_whole() -> None:
    assert stems("1048571 AB1234567") == ["1048571", "ab1234567"]


@pytest.mark.parametrize(
    ("one", "other"),
    [("ＲＯＯＭ４５", "room45"), ("CAFE\u0301", "cafe"), ("Straße", "STRASSE"), ("Ａｄａ", "ada"), ("ガ", "ｶﾞ")],
)
def test_writings_of_one_word_are_one_term(one: str, other: str) -> None:
    assert stems(one) == stems(other)


def test_kana_keep_their_marks() -> None:
    assert stems("か") != stems("が")


def test_an_index_tells_names_apart_that_begin_alike() -> None:
    assert index_terms("Alexandra") == ["alexa", "alexandra"]
    assert index_terms("Ada") == ["ada"]
    assert index_terms("灯塔") == ["灯塔"]


def test_function_words_are_no_content_unless_there_is_nothing_else() -> None:
    assert content_stems("What is the name of the river?") == {"name", "river"}
    assert content_stems("What is it?") == {"what", "is", "it"}
    assert content_stems("这条河叫什么？") == set(stems("这条河叫什么？"))


@pytest.mark.parametrize("text", ["The Café opens.", "他们1949年在上海。", "第５０届 Super-Bowl", "Ｂ", ""])
def test_placed_terms_are_the_index_terms_with_their_places(text: str) -> None:
    placed = list(placed_terms(text))
    assert {term for term, _, _ in placed} == set(index_terms(text))
    for term, start, end in placed:
        assert term in index_terms(text[start:end])
