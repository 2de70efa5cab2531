"""A client that keeps many requests open, and the reply to each."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from service.api.requests.undeclared_fields import HEADER as IGNORED_HEADER

_ANSWER_SECONDS = 3600  # a slow machine must not lower a score


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to one request. ``body`` is empty if there is an ``error``."""

    body: dict[str, Any]
    error: str = ""

    @property
    def chat_text(self) -> str:
        """The text of a chat completion; empty if the request failed."""
        return str(self.body["choices"][0]["message"]["content"]).strip() if self.body else ""


@dataclass(frozen=True, slots=True)
class Replies:
    """The replies in the order of the requests, and the seconds from the first request to the last reply."""

    replies: list[Reply]
    seconds: float

    @property
    def num_failed(self) -> int:
        """How many requests failed."""
        return sum(not reply.body for reply in self.replies)

    @property
    def all_failed(self) -> bool:
        """True if no request succeeded, so that there is nothing to score."""
        return self.num_failed == len(self.replies)

    @property
    def errors(self) -> list[str]:
        """Each error once."""
        return sorted({reply.error for reply in self.replies if reply.error})


class QualityClient:
    """Sends requests to the server at ``url`` and keeps ``in_flight`` of them open."""

    def __init__(self, url: str, in_flight: int) -> None:
        self._url = url
        self._in_flight = in_flight

    def model_that(self, capability: str) -> str | None:
        """The first served model with this capability, such as "embed"; None if there is none."""
        models = httpx.get(f"{self._url}/v1/models").raise_for_status().json()["data"]
        return next((str(each["id"]) for each in models if capability in each.get("capabilities", ())), None)

    def post(self, path: str, bodies: Sequence[dict[str, Any]]) -> Replies:
        """The replies to these bodies."""
        start = time.perf_counter()
        replies = asyncio.run(self._post_all(path, bodies))
        return Replies(replies, time.perf_counter() - start)

    def chat(self, prompts: Sequence[tuple[str, int]]) -> Replies:
        """The greedy replies to user messages, each with the most tokens of its reply."""
        return self.post(
            "/v1/chat/completions",
            [
                {"messages": [{"role": "user", "content": text}], "max_tokens": tokens, "temperature": 0}
                for text, tokens in prompts
            ],
        )

    async def _post_all(self, path: str, bodies: Sequence[dict[str, Any]]) -> list[Reply]:
        places = asyncio.Semaphore(self._in_flight)
        limits = httpx.Limits(max_connections=None)
        timeout = httpx.Timeout(_ANSWER_SECONDS, connect=10)
        async with httpx.AsyncClient(base_url=self._url, timeout=timeout, limits=limits) as http:

            async def post_one(body: dict[str, Any]) -> Reply:
                async with places:
                    return await _post(http, path, body)

            return list(await asyncio.gather(*map(post_one, bodies)))


async def _post(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> Reply:
    try:
        response = await http.post(path, json=body)
        if response.is_error:
            return Reply({}, f"{response.status_code} {response.text[:200]}")
        # A server that ignores a field answers another question than the one that was asked.
        if ignored := response.headers.get(IGNORED_HEADER):
            return Reply({}, f"the server ignored {ignored}")
        return Reply(response.json())
    except (httpx.HTTPError, ValueError) as error:
        return Reply({}, f"{type(error).__name__} {error}")
