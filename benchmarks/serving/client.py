"""Streaming clients of OpenAI's ``/v1/completions``, which trace their requests.

Token counts are the server's own (``stream_options.include_usage``). Times are taken when the client reads an event.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from benchmarks.serving.cases import LoadRequest


def response_format(schema: dict[str, Any]) -> dict[str, Any]:
    """The fields of a body that ask for JSON of this schema, as OpenAI names them."""
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}}


@dataclass(frozen=True, slots=True)
class Target:
    """A server under load, and how its requests must look."""

    name: str
    url: str
    model: str
    extra: dict[str, Any] = field(default_factory=lambda: {"ignore_eos": True})  # further fields of each body
    as_text: Callable[[list[int]], str] | None = None  # for a server that takes no token ids
    schema_fields: Callable[[dict[str, Any]], dict[str, Any]] = response_format

    def adapt(self, requests: list[LoadRequest]) -> list[LoadRequest]:
        """The requests with prompts that this server takes."""
        if self.as_text is None:
            return requests
        return [
            replace(request, prompt=self.as_text(request.prompt)) if isinstance(request.prompt, list) else request
            for request in requests
        ]


@dataclass(slots=True)
class Trace:
    """One request as its client saw it. Times are in seconds since the request was sent."""

    prompt_tokens: int = 0
    tokens: int = 0
    first: float = 0.0  # the first event with text
    last: float = 0.0  # the last event with text
    end: float = 0.0
    gaps: list[float] = field(default_factory=list)  # between two events with text
    text: str = ""
    error: str = ""

    @property
    def per_token(self) -> float:
        """TPOT in seconds: fair to servers that send several tokens in an event."""
        return (self.last - self.first) / max(1, self.tokens - 1)


async def send_load(target: Target, requests: list[LoadRequest]) -> list[Trace]:
    """Send each request at its time. Errors are in the traces; none is raised."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=target.url, timeout=httpx.Timeout(600, connect=10), limits=limits) as client:
        return list(await asyncio.gather(*(_send(client, target, request) for request in requests)))


async def _send(client: httpx.AsyncClient, target: Target, request: LoadRequest) -> Trace:
    body = {
        "model": request.model or target.model,
        "prompt": request.prompt,
        "max_tokens": request.output_tokens,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    } | target.extra
    body |= request.fields
    await asyncio.sleep(request.delay)
    trace = Trace()
    start = time.perf_counter()
    try:
        async with client.stream("POST", "/v1/completions", json=body) as response:
            if response.is_error:
                trace.error = f"{response.status_code} {(await response.aread()).decode(errors='replace')[:200]}"
            else:
                await _read(response, trace, start)
    except (httpx.HTTPError, ValueError) as error:
        trace.error = f"{type(error).__name__} {error}"
    trace.end = time.perf_counter() - start
    if not trace.error and not (trace.tokens and trace.first):
        trace.error = "the answer has no text or no usage"
    return trace


async def _read(response: httpx.Response, trace: Trace, start: float) -> None:
    """Read the stream to its end or to its error, and fill in the trace."""
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
        if text := "".join(choice.get("text") or "" for choice in event.get("choices", ())):
            trace.text += text
            now = time.perf_counter() - start
            if trace.first:
                trace.gaps.append(now - trace.last)
            else:
                trace.first = now
            trace.last = now
