"""Glossary terms: where they occur in the source, and whether the translation has their translations."""

from html import unescape

import pytest

from service.tasks.translation.prompting.glossary import (
    Term,
    TermFinder,
    find_missing,
    possible_terms,
    translations_by_spelling,
)

CHAT, HUB, APPLE = Term("chat", "Plausch"), Term("GitHub", "GitHub"), Term("苹果", "Apple")
TERMS = (CHAT, HUB, APPLE)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("The Chat on github is not a chateau.", (CHAT, HUB)),
        ("用GitHub看苹果树", (HUB, APPLE)),
        ("chats", ()),
        ("un_chat", ()),
        ("(chat)", (CHAT,)),
    ],
)
def test_terms_occur_as_whole_words_in_any_case(text: str, terms: tuple[Term, ...]) -> None:
    assert TermFinder(TERMS).find(text) == terms


def test_a_term_may_have_characters_that_a_pattern_would_read() -> None:
    term = Term("C++ (new)", "C++")
    assert TermFinder([term]).find("I like C++ (new).") == (term,)


def test_every_spelling_has_the_translation() -> None:
    expected = {"Chat": "Plausch", "chat": "Plausch", "CHAT": "Plausch"}
    assert translations_by_spelling(TERMS, "Chat, chat, CHAT!") == expected


def test_a_translation_may_have_an_ending_but_no_beginning() -> None:
    assert find_missing(TERMS, "Die plausche bei Github") == (APPLE,)
    assert find_missing([CHAT], "Der Kaffeeplausch") == (CHAT,)


@pytest.mark.parametrize("text", ["Invoice no. 5", "the INVOICE", "发票", "<b>R&#38;D</b>", "C++", "it's so-called"])
def test_every_term_that_occurs_is_possible(text: str) -> None:
    entries = [
        ("invoice no", "1"),
        ("票", "2"),
        ("r&d", "3"),
        ("c++", "4"),
        ("'s so", "5"),
        ("called", "6"),
        ("oi", "7"),
    ]
    possible = possible_terms(entries, [text])
    assert set(TermFinder(Term(*entry) for entry in entries).find(unescape(text))) <= set(possible)
    assert len(possible) < len(entries)
