"""Generated answers from documents: their quotations, the quotations that are dropped, and no answer."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from service.engine.protocol.outputs import FinishReason, TokenOutput
from service.engine.protocol.request import Request
from service.tasks.answering.query import ContextDocument, Query
from service.tasks.answering.result import AnswerSpan
from service.tasks.generation.options import GREEDY
from tests.fakes.engine import ScriptedEngine, says
from tests.tasks.answering.scripted_model import CAFE, CHAT, LIMITS, answer, one, start, wants


def generative(question: str = "When does it close?", documents: tuple[ContextDocument, ...] = one(CAFE)) -> Query:
    return Query(question=question, documents=documents, mode="generative")


def quotes(text: str, extracted: str = "six in the evening", end: float = -12.0, **limits: Any) -> ScriptedEngine:
    """An engine that extracts ``extracted`` and generates ``text`` after the quotation."""
    extract, write = wants(CHAT, {extracted: 9}, end=end), says([*CHAT.encode(text), 0], FinishReason.STOP)
    return ScriptedEngine(
        lambda request: (extract if request.params.constraint else write)(request), **(LIMITS | limits)
    )


QUOTED = "It closes at six in the evening, and at eight on Mondays."


async def test_a_generated_answer_quotes_the_sentence_of_the_extracted_span() -> None:
    engine = quotes("\nAnswer: At six o'clock. \n")
    found = await answer(engine, generative())
    assert (found.text, found.mode, found.no_answer) == ("At six o'clock.", "generative", False)
    (span,) = found.spans
    assert (span.text, span.start, span.score) == (QUOTED, CAFE.index("It"), 1.0)
    assert CHAT.decode(engine.requests[-1].prompt).endswith(f"assistant\nQuote: {QUOTED}")
    assert found.no_answer_probability is not None
    assert found.no_answer_probability < 0.5


async def test_every_request_has_the_tenant_priority_and_salt_of_the_client() -> None:
    engine = quotes("\nAnswer: At six.")
    await answer(engine, generative(), replace(GREEDY, priority=-3, cache_salt="salt", tenant="me"))
    assert len(engine.streams) == 3
    assert {(each.priority, each.cache_salt, each.tenant) for each in engine.requests} == {(-3, "salt", "me")}


async def test_further_quotations_count_if_they_stand_in_a_document() -> None:
    engine = quotes("\nQuote: “The café opens at eight”\nQuote: It never closes.\nAnswer: At six.")
    found = await answer(engine, generative())
    assert (found.text, found.dropped_citations) == ("At six.", 1)
    assert [span.text for span in found.spans] == [QUOTED, "The café opens at eight"]


@pytest.mark.parametrize(("quoted", "dropped"), [("", 0), (" .", 0), ("\nQuote: It never closes.", 1)])
@pytest.mark.parametrize(("written", "expected"), [(" At six. ", "At six."), ("", "six in the evening")])
async def test_a_model_that_only_quotes_is_asked_to_answer(
    quoted: str, dropped: int, written: str, expected: str
) -> None:
    extract, quote, write = (
        wants(CHAT, {"six in the evening": 9}),
        says([*CHAT.encode(quoted), 0], FinishReason.STOP),
        says([*CHAT.encode(written), 0], FinishReason.STOP),
    )

    def script(request: Request) -> Iterable[TokenOutput | Exception]:
        if request.params.constraint:
            return extract(request)
        return (write if CHAT.decode(request.prompt).endswith(f"{QUOTED}\nAnswer:") else quote)(request)

    engine = ScriptedEngine(script, **LIMITS)
    found = await answer(engine, generative())
    assert (found.text, found.no_answer, found.dropped_citations) == (expected, False, dropped)
    assert [span.text for span in found.spans] == [QUOTED]


async def test_nothing_is_generated_if_nothing_is_extracted() -> None:
    engine = quotes("\nAnswer: At six.", end=16)
    found = await answer(engine, generative("Who sings?"))
    assert (found.text, found.no_answer, found.spans, found.mode) == ("", True, (), "generative")
    assert found.no_answer_probability is not None
    assert found.no_answer_probability > 0.9
    assert all(request.params.constraint for request in engine.requests)


async def test_the_client_sets_the_threshold() -> None:
    query = replace(generative(), no_answer_threshold=0.0)
    assert (await answer(quotes("\nAnswer: At six."), query)).no_answer
    query = replace(generative("Who sings?"), no_answer_threshold=1.0)
    assert (await answer(quotes("\nAnswer: At six.", end=14), query)).text == "At six."


async def test_a_quotation_names_its_document() -> None:
    documents = (ContextDocument(id="a", text="It rains."), ContextDocument(id="b", text=CAFE))
    found = await answer(quotes("\nAnswer: At six."), generative(documents=documents))
    assert found.spans[0].document == "b"


async def test_the_model_reads_only_the_windows_that_fit() -> None:
    text = "It rains and the wind blows from the sea. " * 300 + CAFE
    engine = quotes("\nAnswer: On Mondays.", "Mondays", max_model_len=3000)
    found = await answer(engine, generative(documents=one(text)), max_tokens=200)
    assert found.spans[0].start == text.index("It closes")
    assert sum(not request.params.constraint for request in engine.requests) == 1


async def test_citations_come_before_the_text_and_as_soon_as_they_are_whole() -> None:
    engine = quotes("\nQuote: The café opens at eight\nAnswer: At six.")
    with await start(engine, generative()) as run:
        steps = [step async for step in run]
    assert [step.text for step in steps if isinstance(step, AnswerSpan)] == [QUOTED, "The café opens at eight"]
    assert isinstance(steps[0], AnswerSpan)
    assert "".join(step for step in steps if isinstance(step, str)) == "At six."
