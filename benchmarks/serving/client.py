"""Streaming clients of OpenAI's ``/v1/completions``, and what each saw of its request.

Token counts are the server's own (``stream_options.include_usage``); times are taken where the event is read.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from benchmarks.serving.cases import Job


@dataclass(frozen=True, slots=True)
class Target:
    """A server under load, and what its requests must hold besides."""

    name: str
    url: str
    model: str
    extra: dict[str, Any] = field(default_factory=lambda: {"ignore_eos": True})
    as_text: Callable[[list[int]], str] | None = None  # for a server that takes no token ids

    def fit(self, jobs: list[Job]) -> list[Job]:
        """The jobs as this server takes them."""
        if self.as_text is None:
            return jobs
        return [replace(job, prompt=self.as_text(job.prompt)) if isinstance(job.prompt, list) else job for job in jobs]


@dataclass(slots=True)
class Trace:
    """One request. Times in seconds, from when it was sent."""

    prompt_tokens: int = 0
    tokens: int = 0
    first: float = 0.0  # the first event with text
    last: float = 0.0
    end: float = 0.0
    gaps: list[float] = field(default_factory=list)
    error: str = ""

    @property
    def per_token(self) -> float:
        """TPOT: fair to servers that send several tokens in an event."""
        return (self.last - self.first) / max(1, self.tokens - 1)


async def drive(target: Target, jobs: list[Job]) -> list[Trace]:
    """Send every job at its time; never fails itself."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=target.url, timeout=httpx.Timeout(600, connect=10), limits=limits) as client:
        return list(await asyncio.gather(*(_request(client, target, job) for job in jobs)))


async def _request(client: httpx.AsyncClient, target: Target, job: Job) -> Trace:
    body = {
        "model": target.model,
        "prompt": job.prompt,
        "max_tokens": job.output_tokens,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    } | target.extra
    await asyncio.sleep(job.at)
    trace = Trace()
    begin = time.perf_counter()
    try:
        async with client.stream("POST", "/v1/completions", json=body) as response:
            if response.is_error:
                trace.error = f"{response.status_code} {(await response.aread()).decode(errors='replace')[:200]}"
            else:
                await _read(response, trace, begin)
    except (httpx.HTTPError, ValueError) as error:
        trace.error = f"{type(error).__name__} {error}"
    trace.end = time.perf_counter() - begin
    if not trace.error and not (trace.tokens and trace.first):
        trace.error = "the answer has no text or no usage"
    return trace


async def _read(response: httpx.Response, trace: Trace, begin: float) -> None:
    async for line in response.aiter_lines():
        data = line.removeprefix("data:").strip()
        if not line.startswith("data:") or data == "[DONE]":
            continue
        event = json.loads(data)
        if "error" in event:
            trace.error = str(event["error"])[:200]
            return
        if usage := event.get("usage"):
            trace.prompt_tokens, trace.tokens = usage["prompt_tokens"], usage["completion_tokens"]
        if any(choice.get("text") for choice in event.get("choices", ())):
            now = time.perf_counter() - begin
            if trace.first:
                trace.gaps.append(now - trace.last)
            else:
                trace.first = now
            trace.last = now
