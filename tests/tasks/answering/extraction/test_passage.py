"""Spans as token graphs: exactly the token sequences that spell a span are allowed, with any tokenizer and script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.engine.protocol.token_graph import TokenGraph
from service.tasks.answering.documents.boundaries import boundaries
from service.tasks.answering.extraction.passage import Passage
from service.tasks.answering.extraction.vocabulary import Vocabulary
from tests.tasks.answering.nasty_text import NASTY
from tests.tasks.text.vocabularies import tokenizer

KINDS = ["byte_level", "byte_fallback", "unigram"]
VOCABULARIES = {kind: Vocabulary(tokenizer(kind), tokenizer(kind).vocab_size) for kind in KINDS}


def bytes_of(kind: str, tokens: list[int]) -> bytes:
    return b"".join(tokenizer(kind).token_bytes(token) for token in tokens)


def reachable(graph: TokenGraph) -> set[int]:
    found = list(graph.start_nodes)
    for node in found:
        found += [to for _, to in graph.edges[node] if to not in found]
    return set(found)


@pytest.mark.parametrize("kind", KINDS)
@given(text=NASTY, max_characters=st.integers(1, 20), data=st.data())
def test_every_path_is_a_span(kind: str, text: str, max_characters: int, data: st.DataObject) -> None:
    passage = Passage(text, VOCABULARIES[kind], max_characters=max_characters)
    if not passage.first_tokens:
        return
    token = data.draw(st.sampled_from(sorted(passage.first_tokens)))
    partials = passage.first_tokens[token]
    graph = passage.continuations(partials)
    nodes, tokens = graph.advance(graph.start_nodes, ()), [token]
    while True:
        allowed = graph.allowed_tokens(nodes, [-1])
        assert allowed
        token = data.draw(st.sampled_from(allowed))
        if token == -1:
            break
        nodes = graph.advance(nodes, [token])
        tokens.append(token)
    spelled = bytes_of(kind, tokens)
    spans = passage.spans(partials, bytes_of(kind, tokens[1:]))
    starts, ends = boundaries(text)
    for start, end in spans:
        assert text[start:end].encode() in (spelled, spelled.removeprefix(b" "))
        assert 0 < end - start <= max_characters
        assert start in starts
        assert end in ends
    assert spans or len(partials) > 1  # only where partial spans overlap, a path may be longer than one of them allows


@pytest.mark.parametrize("kind", ["byte_level", "byte_fallback"])
@given(text=NASTY, data=st.data())
def test_every_span_can_be_spelled_as_the_tokenizer_spells_it(kind: str, text: str, data: st.DataObject) -> None:
    starts, ends = boundaries(text)
    pairs = [(start, end) for start in starts for end in ends if end > start]
    if not pairs:
        return
    start, end = data.draw(st.sampled_from(pairs))
    before = data.draw(st.sampled_from(["", " "]))
    tokens = tokenizer(kind).encode(before + text[start:end], add_special_tokens=False)
    if tokenizer(kind).token_bytes(tokens[0]) == b" ":
        return  # a space alone opens nothing
    if b"".join(map(tokenizer(kind).token_bytes, tokens)).removeprefix(b" ") != text[start:end].encode():
        return  # two spaces before it, or characters that the tokenizer does not keep
    passage = Passage(text, VOCABULARIES[kind], max_characters=len(text))
    partials = passage.first_tokens[tokens[0]]
    graph = passage.continuations(partials)
    assert -1 in graph.allowed_tokens(graph.advance(graph.start_nodes, tokens[1:]), [-1])
    assert (start, end) in passage.spans(partials, bytes_of(kind, tokens[1:]))


@pytest.mark.parametrize("kind", KINDS)
@given(text=NASTY, max_characters=st.integers(1, 20))
def test_no_path_is_a_dead_end(kind: str, text: str, max_characters: int) -> None:
    passage = Passage(text, VOCABULARIES[kind], max_characters=max_characters)
    for partials in passage.first_tokens.values():
        graph = passage.continuations(partials)
        assert all(graph.edges[node] or node in graph.end_nodes for node in reachable(graph))
        assert len(graph.edges) <= len(text.encode()) + 1


def test_the_same_words_at_two_places_are_two_spans() -> None:
    passage = Passage("On Monday, not Tuesday. Monday!", VOCABULARIES["byte_level"], max_characters=10)
    tokens = tokenizer("byte_level").encode("Monday")
    assert passage.spans(passage.first_tokens[tokens[0]], bytes_of("byte_level", tokens[1:])) == [(3, 9), (24, 30)]


@pytest.mark.parametrize("text", ["", " \n\t", "\u3000"])
def test_a_blank_text_has_no_spans(text: str) -> None:
    assert Passage(text, VOCABULARIES["byte_level"], max_characters=9).first_tokens == {}


def test_special_tokens_and_stop_tokens_are_never_part_of_a_span() -> None:
    one_line = Vocabulary(tokenizer("byte_level"), 1000, one_line=True)
    text = "a<|end|>\nb"
    passage = Passage(text, one_line, max_characters=20)
    assert 0 in one_line.stop
    assert not passage.first_tokens.keys() & set(one_line.stop)
    [end] = passage.spans(passage.first_tokens[tokenizer("byte_level").encode("a")[0]], b"<|end|>")
    assert text[slice(*end)] == "a<|end|>"
    graph = passage.continuations(passage.first_tokens[tokenizer("byte_level").encode("a")[0]])
    assert not {token for node in reachable(graph) for token, _ in graph.edges[node]} & set(one_line.stop)
