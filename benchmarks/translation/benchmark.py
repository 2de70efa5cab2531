"""Many sentences to translate, over HTTP and in the same run: in one request, as a document, and in a request each."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import product
from statistics import median

import httpx

from benchmarks.report.tables import numeric_table, open_console
from benchmarks.serving.rounds import trivium_server

_LANGUAGES = {"source_lang": "en", "target_lang": "fr"}
_WHO = ("doctor", "teacher", "baker", "pilot", "nurse", "farmer", "judge", "painter", "singer", "writer")
_WHAT = ("found a coat", "lost the key", "sold a boat", "read the letter", "saw the train", "closed the door")
_WHEN = ("today", "at noon", "on Monday", "last week", "in the night", "after work", "before dinner", "in May")

_ONE = "one request"
Way = Callable[[httpx.AsyncClient, list[str]], Awaitable[None]]


def sentences(count: int) -> list[str]:
    """Different sentences of about the same length."""
    every = [f"The {who} {what} {when}." for who, what, when in product(_WHO, _WHAT, _WHEN)]
    return [every[i * 7 % len(every)] for i in range(count)]


async def one_request(http: httpx.AsyncClient, texts: list[str]) -> None:
    """All sentences as one text."""
    await _translate(http, " ".join(texts))


async def document(http: httpx.AsyncClient, texts: list[str]) -> None:
    """All sentences as a document, which makes way for the requests of clients."""
    files, fields = {"file": ("text.txt", " ".join(texts).encode())}, _LANGUAGES | {"wait": "3600"}
    (await http.post("/v1/translate/document", files=files, data=fields)).raise_for_status()


async def requests_at_once(http: httpx.AsyncClient, texts: list[str]) -> None:
    """A request for each sentence, all at the same time."""
    await asyncio.gather(*(_translate(http, text) for text in texts))


async def requests_in_turn(http: httpx.AsyncClient, texts: list[str]) -> None:
    """A request for each sentence, one after another."""
    for text in texts:
        await _translate(http, text)


WAYS: dict[str, Way] = {
    _ONE: one_request,
    "a document": document,
    "a request each, at once": requests_at_once,
    "a request each, in turn": requests_in_turn,
}


def measure(source: str, *, count: int, rounds: int, arguments: list[str]) -> None:
    """Serve ``source``, and print the seconds of each way. Raises ServerFailed."""
    console = open_console(120)
    seconds: dict[str, list[float]] = {name: [] for name in WAYS}
    texts = sentences(count)
    with console.status("") as status, trivium_server(source, arguments) as server:
        asyncio.run(_timed(server.url, requests_in_turn, texts[:2]))
        for number in range(rounds):
            for name, way in WAYS.items():
                status.update(f"round {number + 1} of {rounds}: {name}")
                seconds[name].append(asyncio.run(_timed(server.url, way, texts)))
    medians = {name: median(each) for name, each in seconds.items()}
    table = numeric_table("way", "seconds", "sentences a second", f"times {_ONE}")
    for name, each in medians.items():
        table.add_row(name, f"{each:.2f}", f"{count / each:.1f}", f"{each / medians[_ONE]:.2f}")
    console.print(table)


async def _timed(url: str, way: Way, texts: list[str]) -> float:
    """The seconds of one way."""
    limits = httpx.Limits(max_connections=len(texts))
    async with httpx.AsyncClient(base_url=url, timeout=None, limits=limits) as http:
        start = time.perf_counter()
        await way(http, texts)
        return time.perf_counter() - start


async def _translate(http: httpx.AsyncClient, text: str) -> None:
    (await http.post("/v1/translate", json=_LANGUAGES | {"text": text})).raise_for_status()
