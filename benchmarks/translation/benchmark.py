"""Many sentences to translate, over HTTP and in the same run: in one request, as a document, and in a request each."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import product
from statistics import median

import httpx
import psutil

from benchmarks.processes.noise import cpu_seconds
from benchmarks.report.tables import numeric_table, open_console
from benchmarks.serving.rounds import trivium_server

_LANGUAGES = {"source_lang": "en", "target_lang": "fr"}
_WHO = ("doctor", "teacher", "baker", "pilot", "nurse", "farmer", "judge", "painter", "singer", "writer")
_WHAT = ("found a coat", "lost the key", "sold a boat", "read the letter", "saw the train", "closed the door")
_WHEN = ("today", "at noon", "on Monday", "last week", "in the night", "after work", "before dinner", "in May")

_ONE, _IN_TURN = "one request", "a request each, in turn"
Way = Callable[[httpx.AsyncClient, list[str]], Awaitable[str]]


def sentences(count: int) -> list[str]:
    """Different sentences of about the same length."""
    every = [f"The {who} {what} {when}." for who, what, when in product(_WHO, _WHAT, _WHEN)]
    return [every[i * 7 % len(every)] for i in range(count)]


async def one_request(http: httpx.AsyncClient, texts: list[str]) -> str:
    """The translation of all sentences as one text."""
    return await _translate(http, " ".join(texts))


async def document(http: httpx.AsyncClient, texts: list[str]) -> str:
    """The same as a document, which makes way for the requests of clients."""
    files, fields = {"file": ("text.txt", " ".join(texts).encode())}, _LANGUAGES | {"wait": "3600"}
    answer = await http.post("/v1/translate/document", files=files, data=fields)
    return answer.raise_for_status().text


async def requests_at_once(http: httpx.AsyncClient, texts: list[str]) -> str:
    """The same with a request for each sentence, all at the same time."""
    return " ".join(await asyncio.gather(*(_translate(http, text) for text in texts)))


async def requests_in_turn(http: httpx.AsyncClient, texts: list[str]) -> str:
    """The same with a request for each sentence, one after another."""
    return " ".join([await _translate(http, text) for text in texts])


WAYS: dict[str, Way] = {
    _ONE: one_request,
    "a document": document,
    "a request each, at once": requests_at_once,
    _IN_TURN: requests_in_turn,
}


def measure(source: str, *, count: int, rounds: int, arguments: list[str]) -> None:
    """Serve ``source``, and print the seconds of each way, and whether its translation is that of requests in turn.

    On a busy machine the processor's seconds, which are those of the service, say more. Raises ServerFailed.
    """
    console = open_console(120)
    seconds: dict[str, list[float]] = {name: [] for name in WAYS}
    processor: dict[str, list[float]] = {name: [] for name in WAYS}
    translations: dict[str, set[str]] = {name: set() for name in WAYS}
    texts = sentences(count)
    with console.status("") as status, trivium_server(source, arguments) as server:
        process = psutil.Process(server.pid)
        asyncio.run(_timed(server.url, requests_in_turn, texts[:2]))
        for number in range(rounds):
            for name, way in WAYS.items():
                status.update(f"round {number + 1} of {rounds}: {name}")
                before = cpu_seconds(process)
                taken, translation = asyncio.run(_timed(server.url, way, texts))
                seconds[name].append(taken)
                processor[name].append(cpu_seconds(process) - before)
                translations[name].add(translation)
    medians = {name: median(each) for name, each in seconds.items()}
    table = numeric_table("way", "seconds", "sentences a second", f"times {_ONE}", "processor", "same as in turn")
    for name, each in medians.items():
        is_same = translations[name] == translations[_IN_TURN] and len(translations[name]) == 1
        ratio = f"{each / medians[_ONE]:.2f}"
        used = f"{median(processor[name]):.1f}"
        table.add_row(name, f"{each:.2f}", f"{count / each:.1f}", ratio, used, "yes" if is_same else "no")
    console.print(table)


async def _timed(url: str, way: Way, texts: list[str]) -> tuple[float, str]:
    """The seconds of one way, and its translation."""
    limits = httpx.Limits(max_connections=len(texts))
    async with httpx.AsyncClient(base_url=url, timeout=None, limits=limits) as http:
        start = time.perf_counter()
        translation = await way(http, texts)
        return time.perf_counter() - start, translation


async def _translate(http: httpx.AsyncClient, text: str) -> str:
    answer = await http.post("/v1/translate", json=_LANGUAGES | {"text": text})
    return str(answer.raise_for_status().json()["translations"][0]["text"])
