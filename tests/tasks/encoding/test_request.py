"""Requests to an encoder: cost, result, usage, and what is told to the observer."""

from typing import Any

import numpy as np
import pytest

from service.encoder.messages import EncoderInput
from service.errors import ProcessError
from service.tasks.encoding.request import EncodingOptions, PreparedEncoding
from service.tasks.generation.cost import Cost
from service.tasks.generation.usage import Usage
from tests.fakes.encoder import ScriptedEncoder

INPUTS = [EncoderInput((1, 2, 3), (0, 0, 0)), EncoderInput((4,), (0,))]


class Recorder:
    """Records the events of encodings."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def encoding_started(self, id: str) -> None:
        self.events.append(id)

    def encoding_finished(self, usage: Usage, *, complete: bool) -> None:
        self.events.append((usage.prompt_tokens, complete))


def prepared(encoder: ScriptedEncoder, recorder: Recorder | None = None) -> PreparedEncoding[list[float]]:
    return PreparedEncoding(
        client=encoder.client,
        id="embd-1",
        inputs=INPUTS,
        options=EncodingOptions(priority=3, tenant="alice"),
        interpret=lambda numbers: [float(number) for number in numbers.sum(axis=1)],
        observer=recorder,
    )


async def test_the_result_is_made_of_all_numbers() -> None:
    encoder, recorder = ScriptedEncoder(), Recorder()
    work = prepared(encoder, recorder)
    assert work.cost == Cost(1, 4)
    with await work.start() as encoding:
        assert await encoding.result() == [3.0, 1.0]
        assert encoding.usage == Usage(4, 0, 0)
        assert encoding.timings.ttft_seconds is None
        assert encoding.timings.total_seconds == encoding.timings.total_seconds >= 0
    (request,) = encoder.requests
    assert (request.id, request.inputs, request.priority, request.tenant) == ("embd-1", INPUTS, 3, "alice")
    assert encoder.aborted == []
    assert recorder.events == ["embd-1", (4, True)]


async def test_leaving_early_drops_the_inputs() -> None:
    encoder, recorder = ScriptedEncoder(holds=True), Recorder()
    with await prepared(encoder, recorder).start() as encoding:
        assert encoding.timings.total_seconds >= 0
    assert encoder.aborted == ["embd-1"]
    assert recorder.events == ["embd-1", (4, False)]


async def test_a_failed_encoder_fails_the_request() -> None:
    recorder = Recorder()
    with await prepared(ScriptedEncoder(breaks=True), recorder).start() as encoding, pytest.raises(ProcessError):
        await encoding.result()
    assert recorder.events[-1] == (4, False)


@pytest.mark.parametrize("number", [np.nan, np.inf])
async def test_numbers_that_are_not_finite_are_a_fault(number: float) -> None:
    encoding = await prepared(ScriptedEncoder(lambda each: [number])).start()
    with encoding, pytest.raises(ProcessError, match="not finite"):
        await encoding.result()
