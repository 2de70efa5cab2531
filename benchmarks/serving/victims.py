"""Streams beside a client that keeps sending long prompts: what it costs them, with a latency target and without."""

import asyncio
import random
import sys
from contextlib import suppress

from rich.console import Console

from benchmarks.processes.noise import Noise
from benchmarks.processes.servers import Server
from benchmarks.serving import results as report
from benchmarks.serving.benchmark import model_of, ours, show, warm_up
from benchmarks.serving.cases import TOKENS, Job
from benchmarks.serving.client import Target, Trace, drive

_HEAD_START = 1.0  # seconds that the streams have before the first long prompt


def measure(
    model: str,
    *,
    targets: list[int],
    streams: int,
    output_tokens: int,
    prompt_tokens: int,
    rounds: int,
    tolerance: float,
    arguments: list[str],
) -> None:
    """A server for each of ``targets`` (milliseconds), by turns; print and write what the clients saw."""
    console = Console(width=None if sys.stdout.isatty() else 180)
    results = []
    with console.status("") as status:
        for number in range(rounds):
            for target in targets:
                status.update(f"round {number + 1} of {rounds}: target {target} ms")
                generator = random.Random(number)
                attack = [Job(generator.choices(TOKENS, k=prompt_tokens), 2) for _ in range(1000)]
                with ours(model, [*arguments, "--target-itl-ms", str(target)]) as server:
                    client = Target(f"target {target} ms", server.url, model_of(server.url))
                    warm_up(client)
                    for attackers in ([], attack):
                        victims = [Job(generator.choices(TOKENS, k=128), output_tokens) for _ in range(streams)]
                        results += _round(client, server, victims, attackers)
    show(console, "victims", results, tolerance, model=model, prompt_tokens=prompt_tokens)


def _round(client: Target, server: Server, victims: list[Job], attack: list[Job]) -> list[report.Result]:
    """What the victims saw, and the attacker if there is one."""
    with Noise(server.pid) as noise:
        streams, prompts = asyncio.run(_attacked(client, victims, attack))
    names = ["attacked", "attacker"] if attack else ["alone"]
    return [
        report.summarize(client.name, name, traces, noise.seconds, noise.cores)
        for name, traces in zip(names, (streams, prompts), strict=False)
    ]


async def _attacked(client: Target, victims: list[Job], attack: list[Job]) -> tuple[list[Trace], list[Trace]]:
    """One prompt of ``attack`` after the other as long as there are victims."""
    found: list[Trace] = []

    async def keep_sending() -> None:
        await asyncio.sleep(_HEAD_START)
        for job in attack:
            found.extend(await drive(client, [job]))

    attacker = asyncio.create_task(keep_sending())
    streams = await drive(client, victims)
    attacker.cancel()
    with suppress(asyncio.CancelledError):
        await attacker
    return streams, found
