"""From the engine's tokens to deltas, whole choices, usage and timings."""

import dataclasses
from collections.abc import Callable, Iterable
from typing import cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.engine.client import EngineClient
from service.engine.protocol.outputs import FinishReason, TokenLogprob, TokenOutput
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.token_stream import TokenStream
from service.errors import ProcessUnavailable
from service.tasks.generation.completion import Completion
from service.tasks.generation.options import Options
from service.tasks.generation.request import GenerationRequest
from service.tasks.generation.usage import Timings, Usage
from tests.fakes.engine import Script, ScriptedEngine, says
from tests.tasks.text.test_stop_strings import cut
from tests.tasks.text.vocabularies import tokenizer

TOKENIZER = tokenizer("byte_level")
EOS = TOKENIZER.eos_token_ids[0]
PROMPT = tuple(TOKENIZER.encode("Once upon a time"))


def encode(text: str) -> list[int]:
    return TOKENIZER.encode(text)


def request(
    n: int = 1, prompt: tuple[int, ...] = PROMPT, min_tokens: int = 0, seed: int = 7, **options
) -> GenerationRequest:
    params = SamplingParams(max_tokens=100, min_tokens=min_tokens, seed=seed, stop_token_ids=(EOS,))
    return GenerationRequest(prompt=prompt, options=Options(params=params, n=n, **options))


def complete(script: Script, *requests: GenerationRequest, observer: "Recorder | None" = None) -> Completion:
    return Completion(ScriptedEngine(script).client, TOKENIZER, requests or [request()], observer, "id")


class Recorder:
    """An observer that keeps all calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.seconds: list[float] = []
        self.end: tuple[Usage, Timings, tuple[FinishReason, ...]] | None = None

    def request_started(self, id: str) -> None:
        self.calls.append("started")

    def first_token(self, seconds: float) -> None:
        self.calls.append("first")
        self.seconds.append(seconds)

    def token_gap(self, seconds: float) -> None:
        self.calls.append("gap")
        self.seconds.append(seconds)

    def finished(self, usage: Usage, timings: Timings, finish: tuple[FinishReason, ...]) -> None:
        self.calls.append("finished")
        self.end = (usage, timings, finish)


@given(
    text=st.text(alphabet="ab 你é😀\n"),
    stops=st.lists(st.text(alphabet="ab 你\n", min_size=1, max_size=4), max_size=3),
    include=st.booleans(),
)
async def test_deltas_add_up_to_the_text_before_the_first_stop_string(
    text: str, stops: list[str], include: bool
) -> None:
    expected, matched = cut(text, stops, include)
    with complete(says(encode(text)), request(stop=tuple(stops), include_stop=include)) as completion:
        deltas = [delta async for delta in completion]
    sent = ""
    for delta in deltas:
        sent += delta.text
        assert expected.startswith(sent)
    assert sent == expected
    assert [delta.finish for delta in deltas[:-1]] == [None] * (len(deltas) - 1)
    assert deltas[-1].finish == (FinishReason.LENGTH if matched is None else FinishReason.STOP)
    assert deltas[-1].stop == matched
    assert (
        sum(len(delta.tokens) for delta in deltas if delta.tokens[0].token is not None)
        == completion.usage.completion_tokens
    )


async def test_a_stop_token_counts_but_is_not_text() -> None:
    with complete(says([*encode("Hi"), EOS], FinishReason.STOP)) as completion:
        [[choice]] = await completion.collect()
    assert (choice.text, choice.finish, choice.stop) == ("Hi", FinishReason.STOP, EOS)
    assert completion.usage.completion_tokens == len(encode("Hi")) + 1


@pytest.mark.parametrize(("include", "text"), [(False, "Hi"), (True, "Hi<|end|>")])
async def test_a_stop_token_is_text_if_the_client_wants_it(include: bool, text: str) -> None:
    script = says([*encode("Hi"), EOS], FinishReason.STOP)
    with complete(script, request(include_stop=include, skip_special_tokens=False)) as completion:
        [[choice]] = await completion.collect()
    assert choice.text == text


async def test_text_that_was_held_back_is_sent_at_the_end() -> None:
    with complete(says([*encode("one\n"), EOS], FinishReason.STOP), request(stop=("\n\n",))) as completion:
        [[choice]] = await completion.collect()
    assert (choice.text, choice.stop) == ("one\n", EOS)


async def test_tokens_come_with_the_delta_that_has_their_text() -> None:
    ids = encode("龘x")
    with complete(says(ids)) as completion:
        deltas = [delta async for delta in completion]
    assert [(delta.text, [output.token for output in delta.tokens]) for delta in deltas] == [
        ("龘", ids[:-1]),
        ("x", ids[-1:]),
    ]


async def test_a_stop_string_ends_only_its_own_choice() -> None:
    def script(request: Request) -> list[TokenOutput]:
        return says(encode("a, b. c" if request.id.endswith("-1") else "a, b; c"))(request)

    engine = ScriptedEngine(script)
    with Completion(engine.client, TOKENIZER, [request(n=3, stop=(".",))], request_id="id") as completion:
        [choices] = await completion.collect()
    assert [choice.text for choice in choices] == ["a, b; c", "a, b", "a, b; c"]
    assert [choice.finish for choice in choices] == [FinishReason.LENGTH, FinishReason.STOP, FinishReason.LENGTH]
    assert engine.streams[0].aborted == ["id-0-1"]


async def test_tokens_after_a_stop_string_do_not_count() -> None:
    with complete(says(encode("a.bbbbbbbb")), request(stop=(".",))) as completion:
        [[choice]] = await completion.collect()
    assert choice.text == "a"
    assert completion.usage.completion_tokens == 2


async def test_a_stop_string_in_the_first_tokens_does_not_count() -> None:
    with complete(says(encode("a.b.c")), request(stop=(".",), min_tokens=2)) as completion:
        [[choice]] = await completion.collect()
    assert choice.text == "a.b"


async def test_an_error_ends_only_its_own_choice() -> None:
    def script(request: Request) -> list[TokenOutput]:
        if request.id == "id-1-0":
            return says(encode("half"), FinishReason.ERROR, "out of memory")(request)
        return says(encode("whole"))(request)

    with complete(script, request(), request(), request()) as completion:
        choices = [choice for [choice] in await completion.collect()]
    assert [choice.text for choice in choices] == ["whole", "half", "whole"]
    assert [choice.error for choice in choices] == ["", "out of memory", ""]
    assert choices[1].finish == FinishReason.ERROR


async def test_a_prompt_that_is_only_scored_has_no_text() -> None:
    scores = (None, TokenLogprob(5, -1.5))

    def script(request: Request) -> list[TokenOutput]:
        return [TokenOutput(request.id, finish=FinishReason.LENGTH, prompt_logprobs=scores)]

    with complete(script) as completion:
        [[choice]] = await completion.collect()
    assert (choice.text, choice.finish, choice.prompt_logprobs) == ("", FinishReason.LENGTH, scores)
    assert completion.usage == Usage(len(PROMPT), 0, 0)
    assert completion.timings.ttft_seconds is None


async def test_usage_counts_a_prompt_once_and_the_tokens_of_all_choices() -> None:
    def script(request: Request) -> list[TokenOutput]:
        first, *others = says(encode("one two"))(request)
        return [TokenOutput(first.request_id, first.token, num_cached=4, queue_time=0.25), *others]

    with complete(script, request(n=3), request(n=2, prompt=PROMPT[:3])) as completion:
        await completion.collect()
    assert completion.usage == Usage(len(PROMPT) + 3, 5 * len(encode("one two")), 8)
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens
    assert completion.timings.queue_seconds == 0.25
    ttft = completion.timings.ttft_seconds
    assert ttft is not None
    assert 0 <= ttft <= completion.timings.total_seconds


async def test_usage_counts_the_tokens_of_a_prediction() -> None:
    def script(request: Request) -> list[TokenOutput]:
        assert request.prediction == (3, 4)
        first, second, *others = says(encode("one two three"))(request)
        return [
            msgspec.structs.replace(first, was_predicted=True),
            msgspec.structs.replace(second, num_rejected=5),
            *others,
        ]

    with complete(script, dataclasses.replace(request(n=2), prediction=(3, 4))) as completion:
        await completion.collect()
    assert (completion.usage.accepted_prediction_tokens, completion.usage.rejected_prediction_tokens) == (2, 10)


def test_the_first_choice_samples_as_if_it_were_alone() -> None:
    engine = ScriptedEngine(says([]))
    Completion(
        engine.client, TOKENIZER, [request(n=3, priority=2, cache_salt="salt"), request(seed=8)], request_id="id"
    )
    assert [sent.id for sent in engine.requests] == ["id-0-0", "id-0-1", "id-0-2", "id-1-0"]
    seeds = [sent.params.seed for sent in engine.requests]
    assert (seeds[0], seeds[3]) == (7, 8)
    assert len(set(seeds)) == 4
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert {(sent.priority, sent.cache_salt) for sent in engine.requests[:3]} == {(2, "salt")}
    again = ScriptedEngine(says([]))
    Completion(again.client, TOKENIZER, [request(n=3)])
    assert [sent.params.seed for sent in again.requests] == seeds[:3]


async def test_leaving_early_aborts_and_notifies_the_observer() -> None:
    recorder = Recorder()
    engine = ScriptedEngine(says(encode("one two three")))
    with Completion(engine.client, TOKENIZER, [request(n=2)], recorder) as completion:
        async for _ in completion:
            break
    assert engine.streams[0].closed
    assert recorder.end is not None
    assert recorder.end[2] == (FinishReason.ABORT, FinishReason.ABORT)
    assert recorder.calls.count("finished") == 1


async def test_the_observer_gets_every_token() -> None:
    recorder = Recorder()
    with complete(says(encode("abc")), request(n=2), observer=recorder) as completion:
        await completion.collect()
        assert recorder.calls == ["started", "first", "first", "gap", "gap", "gap", "gap", "finished"]
    assert recorder.calls.count("finished") == 1
    assert recorder.end == (completion.usage, completion.timings, (FinishReason.LENGTH, FinishReason.LENGTH))
    assert all(seconds >= 0 for seconds in recorder.seconds)
    gaps = [seconds for seconds, call in zip(recorder.seconds, recorder.calls[1:], strict=False) if call == "gap"]
    assert completion.timings.largest_gap_seconds == max(gaps)


async def test_a_dead_engine_fails_the_completion() -> None:
    recorder = Recorder()

    def script(request: Request) -> list[TokenOutput | Exception]:
        return [TokenOutput(request.id, encode("a")[0]), ProcessUnavailable("dead", "the engine is gone")]

    with pytest.raises(ProcessUnavailable), complete(script, observer=recorder) as completion:
        await completion.collect()
    assert recorder.end is not None
    assert recorder.end[2] == (FinishReason.ERROR,)


async def test_no_prompts_make_no_choices() -> None:
    with Completion(ScriptedEngine(says([])).client, TOKENIZER, []) as completion:
        assert await completion.collect() == []


class BacklogClient:
    """Has all outputs of a script in the stream before it is read."""

    def __init__(self, script: Callable[[Request], list[TokenOutput]]) -> None:
        self.script = script

    def submit(self, requests: Iterable[Request]) -> TokenStream:
        requests = list(requests)
        stream = TokenStream((request.id for request in requests), lambda ids: None)
        for outputs in zip(*map(self.script, requests), strict=True):
            for output in outputs:
                stream.put(output)
        return stream


def backlog(script: Callable[[Request], list[TokenOutput]]) -> EngineClient:
    return cast(EngineClient, BacklogClient(script))


async def test_a_slow_consumer_gets_one_delta_for_each_choice() -> None:
    client = backlog(says(encode("Hello there")))
    with Completion(client, TOKENIZER, [request(n=2)], None, "id") as completion:
        deltas = [delta async for delta in completion]
    assert [(delta.choice, delta.text, delta.finish) for delta in deltas] == [
        (0, "Hello there", FinishReason.LENGTH),
        (1, "Hello there", FinishReason.LENGTH),
    ]
    assert [[output.token for output in delta.tokens] for delta in deltas] == [encode("Hello there")] * 2


async def test_a_slow_consumer_gets_nothing_beyond_a_stop_string() -> None:
    client = backlog(says(encode("Hello there")))
    with Completion(client, TOKENIZER, [request(n=2, stop=("lo",))], None, "id") as completion:
        deltas = [delta async for delta in completion]
    assert [(delta.text, delta.finish, delta.stop) for delta in deltas] == [("Hel", FinishReason.STOP, "lo")] * 2
