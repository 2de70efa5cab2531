"""The outputs of one request while they arrive."""

import asyncio

import numpy as np
import pytest

from service.encoder.in_flight_encoding import InFlightEncoding
from service.encoder.messages import EncodeRequest, EncoderInput, EncoderOutput, Head
from service.errors import PoisonPill
from tests.fakes.spans import recorded_span


def encoding(count: int, head: Head = Head.EMBEDDING) -> tuple[InFlightEncoding, list[list[str]]]:
    """A request of ``count`` inputs, and the ids that it aborts."""
    aborted: list[list[str]] = []
    request = EncodeRequest("r", [EncoderInput((1, 2), (0, 0))] * count)
    return InFlightEncoding(request, head, aborted.append), aborted


def output(index: int, values: list[float] | None = None) -> EncoderOutput:
    return EncoderOutput("r", index, np.array([float(index)] if values is None else values, dtype=np.float32).tobytes())


async def test_outputs_are_returned_in_the_order_of_the_inputs() -> None:
    item, aborted = encoding(3)
    waiting = asyncio.create_task(item.outputs())
    assert [item.put(output(index), 0.0) for index in (2, 0, 1)] == [False, False, True]
    assert [each.tolist() for each in await waiting] == [[0.0], [1.0], [2.0]]
    assert item.total_seconds is not None
    item.close()
    assert aborted == []


@pytest.mark.parametrize(("head", "shape"), [(Head.SPAN, (2, 2)), (Head.EMBEDDING, (4,)), (Head.CLASSIFICATION, (4,))])
async def test_the_head_gives_the_shape_of_the_outputs(head: Head, shape: tuple[int, ...]) -> None:
    item, _ = encoding(1, head)
    item.put(output(0, [1, 2, 3, 4]), 0.0)
    (found,) = await item.outputs()
    assert (found.shape, found.dtype, found.ravel().tolist()) == (shape, np.float32, [1, 2, 3, 4])


async def test_inputs_that_are_computed_are_not_submitted_again() -> None:
    item, _ = encoding(3)
    assert item.unfinished.done == frozenset()
    item.put(output(1), 0.0)
    assert item.unfinished.done == {1}


async def test_leaving_the_block_aborts_the_rest_once() -> None:
    item, aborted = encoding(2)
    with item:
        item.put(output(0), 0.0)
    item.close()
    assert aborted == [["r"]]


async def test_a_failed_encoding_raises_the_error() -> None:
    item, _ = encoding(1)
    item.fail(PoisonPill())
    with pytest.raises(PoisonPill):
        await item.outputs()


async def test_the_wait_and_the_computation_are_parts_of_the_requests_span() -> None:
    with recorded_span() as span:
        item, _ = encoding(2)
        dropped, _ = encoding(1)
    item.put(output(0), 0.0)
    item.put(output(1), 0.0)
    dropped.close()
    assert span.names == ["queue", "encode", "queue"]
    queue, encode, _ = span.parts
    assert queue.begun_at == item.started
    assert queue.ended_at == encode.begun_at
    assert encode.attributes == {"trivium.inputs": 2}
    assert all(part.is_ended for part in span.parts)
