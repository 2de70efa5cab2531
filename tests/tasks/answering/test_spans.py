"""Spans as token graphs: what is allowed is exactly what spells a span, whatever the tokenizer and the writing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.engine.protocol.token_graph import TokenGraph
from service.tasks.answering.documents.boundaries import boundaries
from service.tasks.answering.extraction.passage import Passage
from service.tasks.answering.extraction.vocabulary import Vocabulary
from tests.tasks.text.vocabularies import CORPUS, tokenizer

KINDS = ["byte_level", "byte_fallback", "unigram"]
VOCABULARIES = {kind: Vocabulary(tokenizer(kind), tokenizer(kind).vocab_size) for kind in KINDS}
NASTY = st.text(
    st.sampled_from("aé b1.,-\t\r\n\x00\u00a0\u3000\u2028今天公。ดีสตेनأب👩👧😀🇫🇷")
    | st.sampled_from("\u0301\u200d\ufe0f"),
    max_size=24,
) | st.sampled_from(CORPUS).flatmap(lambda text: st.integers(0, len(text)).map(lambda cut: text[cut : cut + 30]))


def bytes_of(kind: str, tokens: list[int]) -> bytes:
    return b"".join(tokenizer(kind).token_bytes(token) for token in tokens)


def reachable(graph: TokenGraph) -> set[int]:
    found = list(graph.start_nodes)
    for node in found:
        found += [to for _, to in graph.edges[node] if to not in found]
    return set(found)


@pytest.mark.parametrize("kind", KINDS)
@given(text=NASTY, longest=st.integers(1, 20), data=st.data())
def test_every_walk_is_a_span(kind: str, text: str, longest: int, data: st.DataObject) -> None:
    passage = Passage(text, VOCABULARIES[kind], max_characters=longest)
    if not passage.first_tokens:
        return
    token = data.draw(st.sampled_from(sorted(passage.first_tokens)))
    places = passage.first_tokens[token]
    graph = passage.continuations(places)
    nodes, tokens = graph.advance(graph.start_nodes, ()), [token]
    while True:
        choices = graph.allowed_tokens(nodes, [-1])
        assert choices
        choice = data.draw(st.sampled_from(choices))
        if choice == -1:
            break
        nodes = graph.advance(nodes, [choice])
        tokens.append(choice)
    said = bytes_of(kind, tokens)
    spans = passage.spans(places, bytes_of(kind, tokens[1:]))
    starts, ends = boundaries(text)
    for start, end in spans:
        assert text[start:end].encode() in (said, said.removeprefix(b" "))
        assert 0 < end - start <= longest
        assert start in starts
        assert end in ends
    assert spans or len(places) > 1  # only where places overlap may a walk go on for longer than one of them may


@pytest.mark.parametrize("kind", ["byte_level", "byte_fallback"])
@given(text=NASTY, data=st.data())
def test_every_span_can_be_said_as_the_tokenizer_writes_it(kind: str, text: str, data: st.DataObject) -> None:
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
    places = passage.first_tokens[tokens[0]]
    graph = passage.continuations(places)
    assert -1 in graph.allowed_tokens(graph.advance(graph.start_nodes, tokens[1:]), [-1])
    assert (start, end) in passage.spans(places, bytes_of(kind, tokens[1:]))


@pytest.mark.parametrize("kind", KINDS)
@given(text=NASTY, longest=st.integers(1, 20))
def test_no_way_is_a_dead_end(kind: str, text: str, longest: int) -> None:
    passage = Passage(text, VOCABULARIES[kind], max_characters=longest)
    for places in passage.first_tokens.values():
        graph = passage.continuations(places)
        assert all(graph.edges[node] or node in graph.end_nodes for node in reachable(graph))
        assert len(graph.edges) <= len(text.encode()) + 1


@given(text=NASTY)
def test_boundaries_are_beside_no_space_and_in_no_character(text: str) -> None:
    starts, ends = boundaries(text)
    assert all(not text[start].isspace() for start in starts)
    assert all(not text[end - 1].isspace() for end in ends)
    assert text.strip() or not starts + ends


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't pay 3.14 e\u0301tudes", ["Don't", "pay", "3.14", "e\u0301tudes"]),
        ("今天2009年", ["今", "天", "2009", "年"]),
        ("สวัสดี", ["ส", "วั", "ส", "ดี"]),
        ("👩‍👩‍👧🇫🇷🇩🇪\r\nx", ["👩‍👩‍👧", "🇫🇷", "🇩🇪", "x"]),
        ("مرحبا بالعالم", ["مرحبا", "بالعالم"]),
    ],
)
def test_where_words_begin_and_end(text: str, words: list[str]) -> None:
    starts, ends = boundaries(text)
    assert [text[start : min(end for end in ends if end > start)] for start in starts] == words


def test_the_same_words_at_two_places_are_two_spans() -> None:
    passage = Passage("On Monday, not Tuesday. Monday!", VOCABULARIES["byte_level"], max_characters=10)
    tokens = tokenizer("byte_level").encode("Monday")
    assert passage.spans(passage.first_tokens[tokens[0]], bytes_of("byte_level", tokens[1:])) == [(3, 9), (24, 30)]


@pytest.mark.parametrize("text", ["", " \n\t", "\u3000"])
def test_a_blank_text_has_no_spans(text: str) -> None:
    assert Passage(text, VOCABULARIES["byte_level"], max_characters=9).first_tokens == {}


def test_special_tokens_and_stops_are_never_a_part_of_a_span() -> None:
    one_line = Vocabulary(tokenizer("byte_level"), 1000, one_line=True)
    text = "a<|end|>\nb"
    passage = Passage(text, one_line, max_characters=20)
    assert 0 in one_line.stop
    assert not passage.first_tokens.keys() & set(one_line.stop)
    [end] = passage.spans(passage.first_tokens[tokenizer("byte_level").encode("a")[0]], b"<|end|>")
    assert text[slice(*end)] == "a<|end|>"
    graph = passage.continuations(passage.first_tokens[tokenizer("byte_level").encode("a")[0]])
    assert not {token for node in reachable(graph) for token, _ in graph.edges[node]} & set(one_line.stop)
