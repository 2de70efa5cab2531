"""A running server under load: streaming clients over HTTP that start their next request when one is done.

Any server with OpenAI's ``/v1/completions`` will do that takes prompts as token ids and knows ``ignore_eos``. Token
counts are the server's own (``stream_options.include_usage``); times are taken where the event is read.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import httpx
from rich.console import Console
from rich.table import Table

_TOKENS = range(1000, 20000)  # ids that about every vocabulary has, clear of the special ones


@dataclass(slots=True)
class Load:
    """What the clients of one level of concurrency saw. Times in seconds."""

    streams: int
    seconds: float = 0.0
    tokens: int = 0
    first: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def measure(
    url: str, *, streams: list[int], prompt_tokens: int, output_tokens: int, rounds: int, model: str | None
) -> None:
    """Measure and print. Every client makes ``rounds`` requests."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    body = {
        "max_tokens": output_tokens,
        "temperature": 0,
        "ignore_eos": True,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    loads = []
    with console.status("asking for the model") as status:
        body["model"] = model or httpx.get(f"{url}/v1/models").raise_for_status().json()["data"][0]["id"]
        for count in streams:
            status.update(f"{count} at once")
            loads.append(asyncio.run(_load(url, body, count, rounds, prompt_tokens)))
    console.print(
        f"{body['model']} at {url}; {prompt_tokens} tokens in, {output_tokens} out, greedy, {rounds} requests a client"
    )
    console.print(_table(loads))
    for load in loads:
        for error in sorted(set(load.errors)):
            console.print(f"[red]{load.streams} at once: {load.errors.count(error)} failed: {error}[/]")


async def _load(url: str, body: dict[str, object], count: int, rounds: int, prompt_tokens: int) -> Load:
    load = Load(count)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=httpx.Timeout(600, connect=10), limits=limits) as client:

        async def work() -> None:
            for _ in range(rounds):
                await _request(client, body | {"prompt": random.choices(_TOKENS, k=prompt_tokens)}, load)

        begin = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(work())
        load.seconds = time.perf_counter() - begin
    return load


async def _request(client: httpx.AsyncClient, body: dict[str, object], load: Load) -> None:
    begin = time.perf_counter()
    last = 0.0
    try:
        async with client.stream("POST", "/v1/completions", json=body) as response:
            if response.is_error:
                load.errors.append(f"{response.status_code} {(await response.aread()).decode(errors='replace')[:200]}")
                return
            async for line in response.aiter_lines():
                if not line.startswith("data:") or line.removeprefix("data:").strip() == "[DONE]":
                    continue
                event = json.loads(line.removeprefix("data:"))
                if "error" in event:
                    load.errors.append(str(event["error"])[:200])
                    return
                if usage := event.get("usage"):
                    load.tokens += usage["completion_tokens"]
                if any(choice.get("text") for choice in event.get("choices", ())):
                    now = time.perf_counter()
                    if last:
                        load.gaps.append(now - last)
                    else:
                        load.first.append(now - begin)
                    last = now
    except httpx.HTTPError as error:
        load.errors.append(f"{type(error).__name__} {error}")


def _table(loads: list[Load]) -> Table:
    table = Table("at once", "tokens/s", "TTFT p50 ms", "p99", "ITL p50 ms", "p99", "max", "requests", "failed")
    for column in table.columns:
        column.justify = "right"
    for load in loads:
        table.add_row(
            str(load.streams),
            f"{load.tokens / load.seconds:.1f}",
            *_percentiles(load.first, 50, 99),
            *_percentiles(load.gaps, 50, 99, 100),
            str(len(load.first)),
            str(len(load.errors)),
        )
    return table


def _percentiles(seconds: list[float], *percents: int) -> Iterable[str]:
    """Nearest rank, in milliseconds."""
    ordered = sorted(seconds)
    for percent in percents:
        rank = max(0, -(-len(ordered) * percent // 100) - 1)
        yield f"{ordered[rank] * 1000:.1f}" if ordered else "-"
