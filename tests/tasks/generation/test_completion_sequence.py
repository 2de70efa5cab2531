"""Completions one after another, counted as one."""

from collections.abc import Iterable

import pytest

from service.engine.protocol.outputs import FinishReason, TokenOutput
from service.engine.protocol.request import Request
from service.errors import EngineError
from service.tasks.generation.completion_sequence import CompletionSequence
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import GREEDY
from service.tasks.generation.request import GenerationRequest
from service.tasks.generation.usage import Timings, Usage
from tests.fakes.engine import Script, ScriptedEngine, says
from tests.tasks.text.vocabularies import tokenizer

TOKENIZER = tokenizer("byte_level")


def sequence(script: Script) -> tuple[CompletionSequence, ScriptedEngine, Generator]:
    engine = ScriptedEngine(script, vocab_size=1000)
    generator = Generator(engine.client, TOKENIZER)
    return CompletionSequence(generator, "id"), engine, generator


def requests(generator: Generator, *prompts: str) -> list[GenerationRequest]:
    return [generator.from_tokens(TOKENIZER.encode(prompt), GREEDY, param="prompt") for prompt in prompts]


async def test_the_first_choices_come_in_the_order_of_the_requests() -> None:
    def script(request: Request) -> Iterable[TokenOutput | Exception]:
        return says(request.prompt)(request)

    completions, engine, generator = sequence(script)
    choices = await completions.first_choices(requests(generator, "one", "two three"))
    assert [choice.text for choice in choices] == ["one", "two three"]
    await completions.first_choices(requests(generator, "four"))
    assert [request.id for request in engine.requests] == ["id-0-0-0", "id-0-1-0", "id-1-0-0"]


async def test_no_requests_make_no_completion() -> None:
    completions, engine, _ = sequence(says([1]))
    assert await completions.first_choices([]) == []
    assert engine.streams == []
    assert completions.usage == Usage(0, 0, 0)
    assert completions.timings == Timings(0.0, None, 0.0)


async def test_a_choice_that_fails_fails_the_whole() -> None:
    completions, _, generator = sequence(says([1], FinishReason.ERROR, "no memory"))
    with pytest.raises(EngineError, match="no memory"):
        await completions.first_choices(requests(generator, "one"))


async def test_usage_counts_the_prompts_of_the_first_completion_and_all_outputs() -> None:
    completions, _, generator = sequence(says([5, 6, 7]))
    await completions.first_choices(requests(generator, "one"))
    await completions.first_choices(requests(generator, "one two", "one three"))
    assert completions.usage == Usage(len(TOKENIZER.encode("one")), 9, 0)


async def test_the_seconds_of_all_completions_add_up() -> None:
    def script(request: Request) -> Iterable[TokenOutput | Exception]:
        queue_time = 0.25 if request.id.startswith("id-0") else 0.75
        return [TokenOutput(request.id, 5, queue_time=queue_time, finish=FinishReason.LENGTH)]

    completions, _, generator = sequence(script)
    await completions.first_choices(requests(generator, "one"))
    first = completions.timings
    assert first.queue_seconds == 0.25
    await completions.first_choices(requests(generator, "two"))
    both = completions.timings
    assert (both.queue_seconds, both.ttft_seconds) == (0.25, first.ttft_seconds)
    assert both.total_seconds > first.total_seconds


async def test_closing_aborts_what_is_unfinished() -> None:
    completions, engine, generator = sequence(says([5, 6, 7]))
    await completions.first_choices(requests(generator, "one"))
    async for _ in completions.start(requests(generator, "two")):
        break
    completions.close()
    completions.close()
    assert [stream.closed for stream in engine.streams] == [True, True]
    assert engine.idle.is_set()
