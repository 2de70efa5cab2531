"""Parts of documents as tokens, and the words in them."""

import pytest

from service.tasks.answering.query import ContextDocument
from service.tasks.answering.reading.excerpt import Excerpt
from service.tasks.encoding.tokenizer import TextTokens


def excerpt(text: str, offsets: list[tuple[int, int]], first: int = 0, last: int | None = None) -> Excerpt:
    tokens = TextTokens(list(range(100, 100 + len(offsets))), offsets)
    return Excerpt(ContextDocument(id="", text=text), 0, tokens, first, len(offsets) if last is None else last)


def test_an_excerpt_has_the_text_and_ids_of_its_tokens() -> None:
    part = excerpt("Ada came at six", [(0, 3), (3, 8), (8, 11), (11, 15)], 1, 3)
    assert (part.text, part.ids, len(part)) == (" came at", [101, 102], 2)


def test_words_begin_and_end_without_white_space() -> None:
    begin, finish = excerpt("Ada came", [(0, 3), (3, 8)]).word_tokens()
    assert (begin, finish) == ({0: 0, 1: 4}, {0: 3, 1: 8})


def test_a_word_of_several_tokens_begins_and_ends_once() -> None:
    begin, finish = excerpt("lighthouse on", [(0, 5), (5, 10), (10, 13)]).word_tokens()
    assert (begin, finish) == ({0: 0, 2: 11}, {1: 10, 2: 13})


def test_a_word_that_continues_outside_the_excerpt_does_not_begin_or_end_in_it() -> None:
    offsets = [(0, 5), (5, 10), (10, 13), (13, 16)]
    begin, finish = excerpt("lighthouse on it", offsets, 1, 3).word_tokens()
    assert (begin, finish) == ({1: 11}, {0: 10, 1: 13})
    begin, finish = excerpt("lighthouse on it", offsets, 0, 1).word_tokens()
    assert (begin, finish) == ({0: 0}, {})


def test_characters_of_several_tokens_are_whole() -> None:
    text = "cafe\u0301 👩‍👩‍👧 x"
    offsets = [(0, 4), (4, 5), (5, 7), (7, 9), (9, 11), (11, 13)]
    assert offsets[-1][1] == len(text)
    begin, finish = excerpt(text, offsets).word_tokens()
    assert begin == {0: 0, 2: 6, 5: 12}
    assert finish == {1: 5, 4: 11, 5: 13}


@pytest.mark.parametrize("text", [" ", "\n\t", "\u3000"])
def test_tokens_of_white_space_have_no_words(text: str) -> None:
    assert excerpt(text, [(0, len(text))]).word_tokens() == ({}, {})
