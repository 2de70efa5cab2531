"""Answers to follow-up questions in all modes, and what happens if the question cannot be written again."""

from dataclasses import replace
from typing import Any

import pytest

from service.engine.protocol.outputs import FinishReason
from service.engine.protocol.request import Request
from service.errors import InvalidOption, PromptTooLong
from service.tasks.answering.answerer import Answerer
from service.tasks.answering.documents.windows import WindowLimits
from service.tasks.answering.query import Exchange, Query
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import GREEDY
from tests.fakes.engine import ScriptedEngine, says
from tests.tasks.answering.scripted_model import CAFE, CHAT, LIMITS, answer, one, start, wants

HISTORY = (Exchange("What opens at eight?", "The café"),)
FOLLOW_UP = Query(question="When does it close?", documents=one(CAFE), history=HISTORY)
USED = "When does the café close?"


def rewrites(
    written: str = " the café close?", finish: FinishReason = FinishReason.STOP, **limits: Any
) -> ScriptedEngine:
    """An engine that writes the question again, extracts "six in the evening", and generates "At six."."""
    extract = wants(CHAT, {"six in the evening": 9})
    rewrite = says([*CHAT.encode(written, add_special_tokens=False), 0], finish)
    write = says([*CHAT.encode("\nAnswer: At six."), 0], FinishReason.STOP)

    def script(request: Request) -> Any:
        if request.params.constraint:
            return extract(request)
        return (rewrite if "-history" in request.id else write)(request)

    return ScriptedEngine(script, **(LIMITS | limits))


def prompts(engine: ScriptedEngine) -> list[str]:
    return [CHAT.decode(request.prompt) for request in engine.requests]


@pytest.mark.parametrize(("mode", "text"), [("extractive", "six in the evening"), ("generative", "At six.")])
async def test_the_rewritten_question_is_answered(mode: Any, text: str) -> None:
    engine = rewrites()
    found = await answer(engine, replace(FOLLOW_UP, mode=mode))
    assert (found.text, found.question_used) == (text, USED)
    rewriting, *answering = prompts(engine)
    assert "Question: What opens at eight?\nAnswer: The café\nLast question: When does it close?" in rewriting
    assert answering
    assert all(f"Question: {USED}" in prompt and "What opens" not in prompt for prompt in answering)


async def test_the_rewritten_question_is_answered_without_documents() -> None:
    engine = rewrites()
    found = await answer(engine, replace(FOLLOW_UP, documents=()))
    assert (found.text, found.question_used) == ("Answer: At six.", USED)
    assert USED in prompts(engine)[-1]


async def test_passages_are_chosen_for_the_rewritten_question() -> None:
    filler = " ".join(f"In {year} nothing happened to any bridge or road." for year in range(1700, 1900))
    query = replace(FOLLOW_UP, documents=one(f"{filler} {CAFE} {filler}"), max_passages=1)
    found = await answer(rewrites(), query, max_tokens=64)
    assert (found.text, found.question_used) == ("six in the evening", USED)


@pytest.mark.parametrize("engine", [rewrites(" the bridge open?"), rewrites(finish=FinishReason.LENGTH), rewrites("")])
async def test_a_question_that_cannot_be_written_again_is_answered_as_it_is(engine: ScriptedEngine) -> None:
    found = await answer(engine, FOLLOW_UP)
    assert (found.text, found.question_used) == ("six in the evening", FOLLOW_UP.question)


async def test_usage_counts_the_rewriting_too() -> None:
    engine = rewrites()
    with await start(engine, FOLLOW_UP) as run:
        await run.collect()
        first, second = engine.requests[:2]
        assert run.usage.prompt_tokens == len(first.prompt) + len(second.prompt)
        assert run.usage.completion_tokens > len(CHAT.encode(" the café close?"))
        assert run.timings.total_seconds >= 0
    assert all(stream.closed for stream in engine.streams)


async def test_leaving_while_the_question_is_written_again_aborts() -> None:
    engine = rewrites()
    with await start(engine, FOLLOW_UP) as run:
        iterator = aiter(run)
        await anext(iterator)
    assert all(stream.closed for stream in engine.streams)


async def test_the_cost_covers_the_rewriting_and_the_longer_question() -> None:
    engine = rewrites()
    answerer = Answerer.from_generator(Generator(engine.client, CHAT))
    asked, follow_up = [
        await answerer.prepare(replace(FOLLOW_UP, history=history), options=GREEDY) for history in ((), HISTORY)
    ]
    longer = await answerer.prepare(replace(FOLLOW_UP, question=USED, history=()), options=GREEDY)
    assert asked.cost.tokens < longer.cost.tokens < follow_up.cost.tokens
    assert follow_up.cost.sequences == asked.cost.sequences
    assert engine.requests == []


async def test_a_blank_text_has_no_answer_and_no_model_is_asked() -> None:
    engine = rewrites()
    found = await answer(engine, replace(FOLLOW_UP, documents=one(" ")))
    assert (found.no_answer, found.question_used, engine.requests) == (True, FOLLOW_UP.question, [])


async def test_a_history_that_cannot_fit_is_refused() -> None:
    history = (Exchange("Who? " * 900, "x"),)
    with pytest.raises(PromptTooLong) as error:
        await answer(rewrites(max_model_len=1200), replace(FOLLOW_UP, history=history))
    assert error.value.param == "history"


async def test_a_model_that_cannot_write_takes_no_history() -> None:
    answerer = Answerer.from_reader(None, WindowLimits())  # type: ignore[arg-type]  # it is not asked
    with pytest.raises(InvalidOption) as error:
        await answerer.prepare(FOLLOW_UP, options=GREEDY)
    assert error.value.param == "history"
