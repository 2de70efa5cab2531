"""A request in flight: the part that a new engine process computes, and the outputs that the stream gets."""

import pytest

from service.engine.in_flight_request import InFlightRequest
from service.engine.protocol.outputs import ErrorKind, FinishReason, TokenOutput
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.token_stream import TokenStream
from service.errors import PoisonPill, ProcessUnavailable

PARAMS = SamplingParams(max_tokens=9, prompt_logprobs=2)


def in_flight(*ids: str, generated: tuple[int, ...] = ()) -> list[InFlightRequest]:
    """Requests with these ids, which share a stream."""
    stream = TokenStream(ids, lambda _: None)
    return [InFlightRequest(Request(id=id, prompt=(1, 2), params=PARAMS, generated=generated), stream) for id in ids]


def test_before_the_first_output_the_whole_request_is_submitted_again() -> None:
    (item,) = in_flight("a")
    assert item.unfinished is item.request
    output = TokenOutput("a", 5, num_cached=1, queue_time=0.5)
    assert item.without_repetitions(output) is output


def test_the_rest_of_a_request_continues_behind_the_delivered_tokens() -> None:
    (item,) = in_flight("a", generated=(3,))
    item.deliver(TokenOutput("a", 5, num_cached=1, queue_time=0.5))
    item.deliver(TokenOutput("a", 6))
    assert item.unfinished.generated == (3, 5, 6)
    assert item.unfinished.params.prompt_logprobs is None
    assert item.unfinished.params.max_tokens == 9
    repeated = TokenOutput("a", 7, num_cached=2, queue_time=0.5, finish=FinishReason.LENGTH)
    assert item.without_repetitions(repeated) == TokenOutput("a", 7, finish=FinishReason.LENGTH)


async def test_a_poison_pill_ends_alone_and_a_lost_engine_ends_the_stream() -> None:
    poison, other = in_flight("poison", "other")
    poison.fail(PoisonPill())
    other.deliver(TokenOutput("other", 5))
    other.fail(ProcessUnavailable("dead", "the engine is dead"))
    iterator = aiter(poison.stream)
    received = [await anext(iterator), await anext(iterator)]
    with pytest.raises(ProcessUnavailable, match="the engine is dead"):
        await anext(iterator)
    assert [(output.request_id, output.finish) for output in received] == [
        ("poison", FinishReason.ERROR),
        ("other", None),
    ]
    assert received[0].error_kind is ErrorKind.POISON_PILL
    assert "died each time" in received[0].error
