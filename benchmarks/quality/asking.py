"""Many requests at once over HTTP, and what came back for each."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

IGNORED = "x-ignored-params"


@dataclass(frozen=True, slots=True)
class Reply:
    """``body`` is empty where there is an ``error``."""

    body: dict[str, Any]
    error: str = ""

    @property
    def chat_text(self) -> str:
        """What a chat model said; nothing where it failed."""
        return str(self.body["choices"][0]["message"]["content"]).strip() if self.body else ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The replies in the order of the requests, and the seconds from the first request to the last reply."""

    replies: list[Reply]
    seconds: float


class Asker:
    """A client that keeps ``in_flight`` requests open."""

    def __init__(self, url: str, in_flight: int) -> None:
        self._url = url
        self._in_flight = in_flight

    def ask(self, path: str, bodies: Sequence[dict[str, Any]]) -> Asked:
        begin = time.perf_counter()
        replies = asyncio.run(self._ask(path, bodies))
        return Asked(replies, time.perf_counter() - begin)

    def chat(self, prompts: Sequence[tuple[str, int]]) -> Asked:
        """Each prompt is one user's turn, answered greedily in at most so many tokens."""
        return self.ask(
            "/v1/chat/completions",
            [
                {"messages": [{"role": "user", "content": text}], "max_tokens": tokens, "temperature": 0}
                for text, tokens in prompts
            ],
        )

    async def _ask(self, path: str, bodies: Sequence[dict[str, Any]]) -> list[Reply]:
        places = asyncio.Semaphore(self._in_flight)
        limits = httpx.Limits(max_connections=None)
        timeout = httpx.Timeout(3600, connect=10)  # a slow machine is no reason for a bad score
        async with httpx.AsyncClient(base_url=self._url, timeout=timeout, limits=limits) as http:

            async def one(body: dict[str, Any]) -> Reply:
                async with places:
                    return await _post(http, path, body)

            return list(await asyncio.gather(*map(one, bodies)))


async def _post(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> Reply:
    try:
        response = await http.post(path, json=body)
        if response.is_error:
            return Reply({}, f"{response.status_code} {response.text[:200]}")
        # An answer to another question than the one that was asked.
        if ignored := response.headers.get(IGNORED):
            return Reply({}, f"the server ignored {ignored}")
        return Reply(response.json())
    except (httpx.HTTPError, ValueError) as error:
        return Reply({}, f"{type(error).__name__} {error}")
