"""The loads: one client, many clients at once, Poisson arrivals, and one document."""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

import httpx
import numpy as np

from benchmarks.encoder_decoder.shapes import word, words
from benchmarks.encoder_decoder.subjects import Subject

_SHORTEST, _LONGEST = 12, 36  # words of a sentence
TOKENS = 25  # of each translation


@dataclass(frozen=True, slots=True)
class Figures:
    """What one load took. Times are in seconds."""

    seconds: float  # of all of it
    median: float  # of one sentence, from its arrival
    p99: float


Load = Callable[[Subject, list[str], int], Coroutine[None, None, Figures]]


def sentences(shape: str, count: int, seed: int = 0) -> list[str]:
    """Random sentences, all different."""
    source, known = random.Random(seed), words(shape)
    return [" ".join(map(word, source.choices(known, k=source.randint(_SHORTEST, _LONGEST)))) for _ in range(count)]


async def one_client(subject: Subject, texts: list[str], beams: int) -> Figures:
    """One sentence after another."""
    return await _measured(subject, texts, beams, at_once=1)


async def many_clients(subject: Subject, texts: list[str], beams: int) -> Figures:
    """All sentences at the same time, each from a client of its own."""
    return await _measured(subject, texts, beams, at_once=len(texts))


async def document(subject: Subject, texts: list[str], beams: int) -> Figures:
    """All sentences as one document. The best way of the server counts."""
    async with _client(len(texts)) as http:
        best = float("inf")
        for body in subject.document_calls(texts, beams, TOKENS):
            begin = time.perf_counter()
            found = await subject.document(http, body)
            best = min(best, time.perf_counter() - begin)
            assert len(found) == len(texts), "a sentence was lost"
    return Figures(best, best, best)


def poisson(rate: float) -> Load:
    """Sentences that arrive at random, ``rate`` of them in a second on average."""

    async def load(subject: Subject, texts: list[str], beams: int) -> Figures:
        gaps = np.random.default_rng(1).exponential(1 / rate, len(texts))
        times: list[float] = []
        async with _client(len(texts)) as http:
            begin = time.perf_counter()

            async def send(text: str, due: float) -> None:
                await asyncio.sleep(max(0.0, begin + due - time.perf_counter()))
                await subject.translate(http, text, beams, TOKENS)
                times.append(time.perf_counter() - begin - due)

            await asyncio.gather(*(send(*each) for each in zip(texts, gaps.cumsum(), strict=True)))
            return _figures(time.perf_counter() - begin, times)

    return load


async def _measured(subject: Subject, texts: list[str], beams: int, *, at_once: int) -> Figures:
    free = asyncio.Semaphore(at_once)
    times: list[float] = []

    async def send(http: httpx.AsyncClient, text: str) -> None:
        async with free:
            begin = time.perf_counter()
            await subject.translate(http, text, beams, TOKENS)
            times.append(time.perf_counter() - begin)

    async with _client(at_once) as http:
        begin = time.perf_counter()
        await asyncio.gather(*(send(http, text) for text in texts))
        return _figures(time.perf_counter() - begin, times)


def _client(connections: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=None, limits=httpx.Limits(max_connections=connections))


def _figures(seconds: float, times: list[float]) -> Figures:
    return Figures(seconds, float(np.median(times)), float(np.quantile(times, 0.99)))
