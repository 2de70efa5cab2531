"""Clients that ask several models again and again, and what became of each of their requests."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

TOKENS = 8  # of each generated answer
TEXT = "The lighthouse stands on the hill. The cafe closes at six in the evening."
_RETRY_SECONDS = 0.05  # after a refusal


@dataclass(slots=True)
class Tally:
    """The outcomes of all requests, by model. Every request is in exactly one of the three."""

    answered: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)  # before the first byte of the answer: 503 and Retry-After
    lost: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that can be repeated. ``is_whole`` says whether an answer to it is complete."""

    model: str
    path: str
    body: dict[str, Any]
    is_whole: Callable[[dict[str, Any]], bool]


def chat(model: str, *, stream: bool = False, tokens: int = TOKENS) -> Ask:
    """A request for an answer of exactly so many tokens."""
    body = {
        "model": model,
        "messages": [{"role": "user", "content": TEXT}],
        "max_tokens": tokens,
        "ignore_eos": True,
        "temperature": 0,
        "stream": stream,
    }
    if stream:
        body["stream_options"] = {"include_usage": True}
    return Ask(model, "/v1/chat/completions", body, lambda answer: answer["usage"]["completion_tokens"] == tokens)


def question(model: str) -> Ask:
    """A question to a reader."""
    body = {"model": model, "question": "When does it close?", "context": TEXT, "no_answer_threshold": 1}
    return Ask(model, "/v1/answer", body, lambda answer: TEXT[answer["start"] : answer["end"]] == answer["answer"])


def texts(model: str) -> Ask:
    """Two texts for an embedder."""
    body = {"model": model, "input": [TEXT, "Two rivers meet near Arlen."]}
    return Ask(model, "/v1/embeddings", body, lambda answer: all(each["embedding"] for each in answer["data"]))


async def send(http: httpx.AsyncClient, ask: Ask, tally: Tally) -> bool:
    """Send a request, and count its outcome. Returns whether it was answered."""
    try:
        response = await http.post(ask.path, json=ask.body)
        if response.status_code == 503 and "retry-after" in response.headers:
            tally.refused[ask.model] += 1
            return False
        if response.status_code != 200:
            raise ValueError(f"{response.status_code} {response.text[:300]}")
        if not ask.is_whole(_last_event(response.text) if ask.body.get("stream") else response.json()):
            raise ValueError(f"not the whole answer: {response.text[-300:]}")
    except (httpx.HTTPError, ValueError, LookupError) as error:
        tally.lost.append(f"{ask.model} {ask.path}: {type(error).__name__} {error}")
        return False
    tally.answered[ask.model] += 1
    return True


@asynccontextmanager
async def traffic(url: str, asks: list[Ask], *, pause: float = 0.0) -> AsyncIterator[Tally]:
    """One client for each request repeats it until the block ends, and then reads its last answer to the end.

    ``pause`` is the time in seconds between an answer and the next request.
    """
    tally, is_over = Tally(), asyncio.Event()

    async def client(ask: Ask) -> None:
        while not is_over.is_set():
            wait = pause if await send(http, ask, tally) else max(pause, _RETRY_SECONDS)
            if wait:
                with suppress(TimeoutError):
                    await asyncio.wait_for(is_over.wait(), wait)

    limits = httpx.Limits(max_connections=None, keepalive_expiry=1.0)  # sooner than the service closes idle connections
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as http, asyncio.TaskGroup() as group:
        for ask in asks:
            group.create_task(client(ask))
        try:
            yield tally
        finally:
            is_over.set()


def _last_event(stream: str) -> dict[str, Any]:
    """The last event of a whole stream, which has the usage. Raises ValueError for a stream that is cut or failed."""
    *lines, done, rest = stream.split("\n\n")
    if (done, rest) != ("data: [DONE]", ""):
        raise ValueError(f"the stream was cut: {stream[-300:]}")
    events = [json.loads(line.removeprefix("data: ")) for line in lines if not line.startswith(":")]
    if failed := [event for event in events if "error" in event]:
        raise ValueError(f"an error in the stream: {failed}")
    last: dict[str, Any] = events[-1]
    return last
