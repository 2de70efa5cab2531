"""Streams beside a client that sends one long prompt after another, with several values of ``target_itl_ms``."""

import asyncio
import random
from contextlib import suppress

from benchmarks.processes.noise import Noise
from benchmarks.processes.servers import Server
from benchmarks.report.tables import open_console
from benchmarks.serving.cases import TOKENS, LoadRequest
from benchmarks.serving.client import Target, Trace, send_load
from benchmarks.serving.results import RoundResult, report_results, summarize
from benchmarks.serving.rounds import fetch_model_name, trivium_server, warm_up

_HEAD_START = 1.0  # seconds between the start of the streams and the first long prompt
_VICTIM_PROMPT = 128  # tokens
_ATTACK_OUTPUT = 2  # tokens
_MOST_ATTACKS = 1000


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
    """Start a server for each of ``targets`` (milliseconds) in turn; print and write what the clients saw."""
    console = open_console(180)
    results = []
    with console.status("") as status:
        for number in range(rounds):
            for target_ms in targets:
                status.update(f"round {number + 1} of {rounds}: target {target_ms} ms")
                generator = random.Random(number)
                attack = [
                    LoadRequest(generator.choices(TOKENS, k=prompt_tokens), _ATTACK_OUTPUT)
                    for _ in range(_MOST_ATTACKS)
                ]
                with trivium_server(model, [*arguments, "--target-itl-ms", str(target_ms)]) as server:
                    target = Target(f"target {target_ms} ms", server.url, fetch_model_name(server.url))
                    warm_up(target)
                    for attackers in ([], attack):
                        victims = [
                            LoadRequest(generator.choices(TOKENS, k=_VICTIM_PROMPT), output_tokens)
                            for _ in range(streams)
                        ]
                        results += _measure_round(target, server, victims, attackers)
    report_results(console, "victims", results, tolerance, model=model, prompt_tokens=prompt_tokens)


def _measure_round(
    target: Target, server: Server, victims: list[LoadRequest], attack: list[LoadRequest]
) -> list[RoundResult]:
    """The result of the streams, and that of the long prompts if there are any."""
    with Noise(server.pid) as noise:
        streams, prompts = asyncio.run(_run_attack(target, victims, attack))
    names = ["attacked", "attacker"] if attack else ["alone"]
    return [
        summarize(target.name, name, traces, noise.seconds, noise.cores)
        for name, traces in zip(names, (streams, prompts), strict=False)
    ]


async def _run_attack(
    target: Target, victims: list[LoadRequest], attack: list[LoadRequest]
) -> tuple[list[Trace], list[Trace]]:
    """Send the prompts of ``attack`` one after another until all ``victims`` are done; return both groups' traces."""
    attack_traces: list[Trace] = []

    async def keep_sending() -> None:
        await asyncio.sleep(_HEAD_START)
        for request in attack:
            attack_traces.extend(await send_load(target, [request]))

    attacker = asyncio.create_task(keep_sending())
    streams = await send_load(target, victims)
    attacker.cancel()
    with suppress(asyncio.CancelledError):
        await attacker
    return streams, attack_traces
