"""Answers in the model's own words: what they stand on, what of it is told, and when there is none."""

from dataclasses import replace

import pytest

from service.engine.protocol.outputs import FinishReason, TokenOutput
from service.engine.protocol.request import Request
from service.tasks.answering.query import ContextDocument, Query
from service.tasks.generation.generator import GREEDY
from tests.fakes.engine import ScriptedEngine, says
from tests.tasks.answering.scripted_model import CAFE, CHAT, answer, one, wants


def generative(question: str = "When does it close?", documents: tuple[ContextDocument, ...] = one(CAFE)) -> Query:
    return Query(question=question, documents=documents, mode="generative")


def writer(text: str, wanted: str = "six in the evening", end: float = -12.0, **limits: int) -> ScriptedEngine:
    """Extracts what is wanted, and goes on with the text behind a quotation."""
    extract, write = wants(CHAT, {wanted: 9}, end=end), says([*CHAT.encode(text), 0], FinishReason.STOP)
    limits = {"max_model_len": 8192, "num_blocks": 512, "vocab_size": CHAT.vocab_size, **limits}
    return ScriptedEngine(lambda request: (extract if request.params.constraint else write)(request), **limits)


QUOTED = "It closes at six in the evening, and at eight on Mondays."


async def test_a_generated_answer_stands_on_the_sentence_of_what_is_extracted() -> None:
    engine = writer("\nAnswer: At six o'clock. \n")
    found = await answer(engine, generative())
    assert (found.text, found.mode, found.no_answer) == ("At six o'clock.", "generative", False)
    (span,) = found.spans
    assert (span.text, span.start, span.score) == (QUOTED, CAFE.index("It"), 1.0)
    assert CHAT.decode(engine.requests[-1].prompt).endswith(f"assistant\nQuote: {QUOTED}")
    assert found.no_answer_probability is not None
    assert found.no_answer_probability < 0.5


async def test_every_round_says_whose_it_is() -> None:
    engine = writer("\nAnswer: At six.")
    await answer(engine, generative(), replace(GREEDY, priority=-3, cache_salt="salt", tenant="me"))
    assert len(engine.streams) == 3
    assert {(each.priority, each.cache_salt, each.tenant) for each in engine.requests} == {(-3, "salt", "me")}


async def test_further_quotations_are_taken_if_they_stand_somewhere() -> None:
    engine = writer("\nQuote: “The café opens at eight”\nQuote: It never closes.\nAnswer: At six.")
    found = await answer(engine, generative())
    assert (found.text, found.dropped_citations) == ("At six.", 1)
    assert [span.text for span in found.spans] == [QUOTED, "The café opens at eight"]


@pytest.mark.parametrize(("words", "dropped"), [("", 0), (" .", 0), ("\nQuote: It never closes.", 1)])
@pytest.mark.parametrize(("said", "due"), [(" At six. ", "At six."), ("", "six in the evening")])
async def test_who_only_quotes_is_asked_to_answer(words: str, dropped: int, said: str, due: str) -> None:
    extract, quote, write = (
        wants(CHAT, {"six in the evening": 9}),
        says([*CHAT.encode(words), 0], FinishReason.STOP),
        says([*CHAT.encode(said), 0], FinishReason.STOP),
    )

    def script(request: Request) -> list[TokenOutput | Exception]:
        if request.params.constraint:
            return extract(request)
        return (write if CHAT.decode(request.prompt).endswith(f"{QUOTED}\nAnswer:") else quote)(request)

    engine = ScriptedEngine(script, max_model_len=8192, num_blocks=512, vocab_size=CHAT.vocab_size)
    found = await answer(engine, generative())
    assert (found.text, found.no_answer, found.dropped_citations) == (due, False, dropped)
    assert [span.text for span in found.spans] == [QUOTED]


async def test_nothing_is_written_where_nothing_is_extracted() -> None:
    engine = writer("\nAnswer: At six.", end=14)
    found = await answer(engine, generative("Who sings?"))
    assert (found.text, found.no_answer, found.spans, found.mode) == ("", True, (), "generative")
    assert found.no_answer_probability is not None
    assert found.no_answer_probability > 0.9
    assert all(request.params.constraint for request in engine.requests)


async def test_a_generated_answer_obeys_the_clients_threshold() -> None:
    query = replace(generative(), no_answer_threshold=0.0)
    assert (await answer(writer("\nAnswer: At six."), query)).no_answer
    query = replace(generative("Who sings?"), no_answer_threshold=1.0)
    assert (await answer(writer("\nAnswer: At six.", end=14), query)).text == "At six."


async def test_a_quotation_names_its_document() -> None:
    documents = (ContextDocument(id="a", text="It rains."), ContextDocument(id="b", text=CAFE))
    found = await answer(writer("\nAnswer: At six."), generative(documents=documents))
    assert found.spans[0].document == "b"


async def test_of_long_documents_a_generated_answer_reads_what_fits() -> None:
    text = "It rains and the wind blows from the sea. " * 300 + CAFE
    engine = writer("\nAnswer: On Mondays.", "Mondays", max_model_len=3000)
    found = await answer(engine, generative(documents=one(text)), max_tokens=200)
    assert found.spans[0].start == text.index("It closes")
    assert sum(not request.params.constraint for request in engine.requests) == 1
