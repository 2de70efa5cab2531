"""Every request of the clients is answered whole, refused before its answer began, or lost."""

import json
from collections.abc import Callable

import httpx
import pytest

from benchmarks.many_models.traffic import TEXT, TOKENS, Ask, Tally, chat, question, send, texts

USAGE = {"usage": {"completion_tokens": TOKENS}}
DONE = "data: [DONE]\n\n"


def event(content: object) -> str:
    return f"data: {json.dumps(content)}\n\n"


async def outcome(ask: Ask, answer: Callable[[], httpx.Response]) -> Tally:
    tally = Tally()
    transport = httpx.MockTransport(lambda request: answer())
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as http:
        assert await send(http, ask, tally) == bool(tally.answered)
    assert tally.answered.total() + tally.refused.total() + len(tally.lost) == 1
    return tally


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (chat("m"), httpx.Response(200, json=USAGE)),
        (chat("m", stream=True), httpx.Response(200, text=": ping\n\n" + event({"choices": []}) + event(USAGE) + DONE)),
        (question("m"), httpx.Response(200, json={"start": 4, "end": 14, "answer": TEXT[4:14]})),
        (texts("m"), httpx.Response(200, json={"data": [{"embedding": [0.5]}, {"embedding": [0.5]}]})),
    ],
)
async def test_a_whole_answer_is_counted(ask: Ask, answer: httpx.Response) -> None:
    assert (await outcome(ask, lambda: answer)).answered == {"m": 1}


async def test_a_refusal_says_when_to_try_again() -> None:
    refusal = httpx.Response(503, headers={"retry-after": "5"}, json={})
    assert (await outcome(chat("m"), lambda: refusal)).refused == {"m": 1}
    assert (await outcome(chat("m"), lambda: httpx.Response(503, json={}))).lost


def broken() -> httpx.Response:
    raise httpx.ReadError("reset")


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (chat("m"), httpx.Response(200, json={"usage": {"completion_tokens": TOKENS - 1}})),
        (chat("m"), httpx.Response(200, json={})),
        (chat("m"), httpx.Response(500, json=USAGE)),
        (chat("m", stream=True), httpx.Response(200, text=event(USAGE))),
        (chat("m", stream=True), httpx.Response(200, text=event({"error": {}}) + DONE)),
        (question("m"), httpx.Response(200, json={"start": 0, "end": 3, "answer": "cafe"})),
    ],
)
async def test_every_other_answer_is_lost(ask: Ask, answer: httpx.Response) -> None:
    assert (await outcome(ask, lambda: answer)).lost
    assert (await outcome(ask, broken)).lost
