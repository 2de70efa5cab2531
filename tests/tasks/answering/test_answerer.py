"""The modes of an answer, and the questions and options that are refused."""

from dataclasses import replace
from typing import Any

import pytest

from service.errors import InvalidOption, InvalidPrompt, PromptTooLong
from service.tasks.answering.answerer import Answerer
from service.tasks.answering.query import ContextDocument, Mode, Query
from service.tasks.generation.cost import Cost
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import GREEDY, Options
from tests.tasks.answering.scripted_model import CAFE, CHAT, answer, extracts, generates, one, start


@pytest.mark.parametrize("context", ["", " \n", "\u3000"])
async def test_a_blank_text_has_no_answer_and_no_model_is_asked(context: str) -> None:
    for mode in ("auto", "generative"):
        engine = extracts({})
        query = Query(question="Who?", documents=one(context), mode=mode)
        found = await answer(engine, query)
        assert (found.text, found.no_answer, engine.requests) == ("", True, [])


async def test_a_blank_question_is_refused() -> None:
    with pytest.raises(InvalidPrompt) as error:
        await answer(extracts({}), Query(question=" \n", documents=one("context")))
    assert error.value.param == "question"


@pytest.mark.parametrize("documents", [(), one(CAFE)])
@pytest.mark.parametrize("mode", ["auto", "generative"])
async def test_a_question_that_cannot_fit_is_refused(documents: tuple[ContextDocument, ...], mode: Any) -> None:
    with pytest.raises(PromptTooLong) as error:
        await answer(extracts({}, max_model_len=800), Query(question="Who? " * 600, documents=documents, mode=mode))
    assert error.value.param == "question"


@pytest.mark.parametrize(
    ("param", "changed"),
    [
        ("temperature", {"temperature": 0.7}),
        ("top_k", {"top_k": 5}),
        ("top_p", {"top_p": 0.9}),
        ("repetition_penalty", {"repetition_penalty": 1.1}),
        ("logit_bias", {"logit_bias": {1: 2.0}}),
        ("stop", {"stop": ("x",)}),
        ("min_tokens", {"min_tokens": 3}),
        ("ignore_eos", {"ignore_eos": True}),
    ],
)
async def test_an_extracted_answer_takes_no_sampling_options(param: str, changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidOption) as error:
        await answer(
            extracts({}),
            Query(question="When?", documents=one(CAFE)),
            Options.from_values(**{"temperature": 0.0} | changed),
        )
    assert error.value.param == param


@pytest.mark.parametrize(
    ("param", "changed"),
    [
        ("top_k", {"top_k": 2}),
        ("max_answer_len", {"max_answer_len": 5}),
    ],
)
async def test_a_generated_answer_takes_no_options_of_extraction(param: str, changed: dict[str, Any]) -> None:
    for documents in ((), one(CAFE)):
        with pytest.raises(InvalidOption) as error:
            await answer(extracts({}), Query(question="When?", documents=documents, mode="generative", **changed))
        assert error.value.param == param


@pytest.mark.parametrize(("param", "value"), [("no_answer_threshold", 0.5), ("stride", 5)])
@pytest.mark.parametrize("mode", ["auto", "generative"])
async def test_an_answer_without_documents_takes_no_options_about_them(mode: Any, param: str, value: Any) -> None:
    with pytest.raises(InvalidOption) as error:
        await answer(extracts({}), replace(Query(question="When?", mode=mode), **{param: value}))
    assert error.value.param == param


async def test_extraction_needs_documents() -> None:
    with pytest.raises(InvalidOption) as error:
        await answer(extracts({}), Query(question="When?", mode="extractive"))
    assert error.value.param == "mode"


async def test_leaving_early_aborts() -> None:
    engine = generates("one two three")
    with await start(engine, Query(question="Who?")) as run:
        async for _ in run:
            break
    assert engine.streams[0].closed


async def test_preparing_computes_the_cost_and_asks_no_model() -> None:
    engine = extracts({"six": 9})
    answerer = Answerer.from_generator(Generator(engine.client, CHAT))
    mode: Mode
    for mode, tokens in (("extractive", 0), ("generative", 256)):
        prepared = await answerer.prepare(Query(question="When?", documents=one(CAFE), mode=mode), options=GREEDY)
        assert prepared.cost.sequences == 8
        assert prepared.cost.tokens > 8 * 160 + tokens
    assert (await answerer.prepare(Query(question="When?"), options=GREEDY)).cost.sequences == 1
    blank = await answerer.prepare(Query(question="When?", documents=one(" ")), options=GREEDY)
    assert blank.cost == Cost(0, 0)
    assert engine.requests == []


async def test_the_requests_of_an_answer_begin_with_its_id() -> None:
    engine = generates("x")
    answerer = Answerer.from_generator(Generator(engine.client, CHAT))
    prepared = await answerer.prepare(Query(question="Who?"), options=GREEDY, request_id="ans-1")
    with await prepared.start() as run:
        await run.collect()
    assert [request.id for request in engine.requests] == ["ans-1-0-0-0"]
