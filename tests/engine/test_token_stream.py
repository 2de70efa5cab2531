"""The order, the end and the aborts of a stream."""

import asyncio

import pytest

from service.engine.protocol.outputs import FinishReason, TokenOutput
from service.engine.token_stream import TokenStream
from service.errors import ProcessUnavailable


def stream(*ids: str) -> tuple[TokenStream, list[list[str]]]:
    """A stream of these requests, and the ids that it aborts."""
    aborted: list[list[str]] = []
    return TokenStream(ids, aborted.append), aborted


async def collect(stream: TokenStream) -> list[tuple[str, int | None]]:
    return [(output.request_id, output.token) async for output in stream]


def last(id: str, token: int) -> TokenOutput:
    return TokenOutput(id, token, finish=FinishReason.LENGTH)


async def test_outputs_come_in_order_until_all_requests_have_finished() -> None:
    tokens, aborted = stream("a", "b")
    for output in (TokenOutput("a", 1), last("b", 2), last("a", 3)):
        tokens.put(output)
    assert tokens.has_more
    assert await collect(tokens) == [("a", 1), ("b", 2), ("a", 3)]
    tokens.close()
    assert aborted == []


async def test_a_reader_waits_for_outputs_of_requests_that_are_expected_later() -> None:
    tokens, _ = stream("a")
    collecting = asyncio.create_task(collect(tokens))
    await asyncio.sleep(0)
    tokens.expect(["b"])
    tokens.put(last("a", 1))
    await asyncio.sleep(0)
    assert not collecting.done()
    tokens.put(last("b", 2))
    assert await collecting == [("a", 1), ("b", 2)]


async def test_an_aborted_request_leaves_no_outputs() -> None:
    tokens, aborted = stream("a", "b")
    tokens.put(TokenOutput("a", 1))
    tokens.put(last("b", 2))
    tokens.abort("a")
    tokens.abort("a")
    tokens.put(TokenOutput("a", 3))
    assert await collect(tokens) == [("b", 2)]  # finished before the abort, and read after it
    assert aborted == [["a"]]


async def test_leaving_the_block_aborts_what_is_unfinished() -> None:
    tokens, aborted = stream("a", "b", "c")
    with tokens:
        tokens.put(last("b", 2))
    assert aborted == [["a", "c"]]
    assert not tokens.has_more
    tokens.close()
    assert aborted == [["a", "c"]]


async def test_an_error_comes_after_the_last_output() -> None:
    tokens, _ = stream("a")
    tokens.put(TokenOutput("a", 1))
    tokens.fail(ProcessUnavailable("dead", "the engine is dead"))
    iterator = aiter(tokens)
    assert (await anext(iterator)).token == 1
    with pytest.raises(ProcessUnavailable):
        await anext(iterator)
