"""The real server, or any with OpenAI's ``/v1/completions``, under the cases' loads."""

import asyncio
import dataclasses
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from rich.console import Console
from rich.markup import escape

from benchmarks.processes.noise import Noise
from benchmarks.processes.servers import Server, ServerFailed, listening, started
from benchmarks.serving import results as report
from benchmarks.serving.cases import Case, Job
from benchmarks.serving.client import Target, drive

OURS = "Trivium"
_WARM_UP = Job([1000, 1001, 1002, 1003], 4)


@contextmanager
def ours(model: str, arguments: list[str]) -> Iterator[Server]:
    """Our own server; ``arguments`` are further ones of ``trivium serve``."""
    command = [sys.executable, "-m", "service", "serve", model, "--log-level", "warning", *arguments]
    with started(lambda port: [*command, "--port", str(port)], health="/health/ready") as server:
        yield server


def round_of(target: Target, name: str, case: Case, seed: int, server: Server | None = None) -> report.Result:
    """One round of one case. Equal seeds give equal prompts, so rivals get the same ones."""
    jobs = target.fit(case(random.Random(f"{name} {seed}")))
    with Noise(server.pid if server else None) as noise:
        traces = asyncio.run(drive(target, jobs))
    result = report.summarize(target.name, name, traces, noise.seconds, noise.cores)
    if server:
        result = dataclasses.replace(result, memory=server.memory(), start_seconds=server.start_seconds)
    return result


def warm_up(target: Target) -> None:
    """Raises ServerFailed where the server does not answer as it should."""
    if error := asyncio.run(drive(target, target.fit([_WARM_UP])))[0].error:
        raise ServerFailed(f"a small request failed: {error}")


def model_of(url: str) -> str:
    return str(httpx.get(f"{url}/v1/models").raise_for_status().json()["data"][0]["id"])


def measure(
    model: str, url: str | None, cases: dict[str, Case], rounds: int, tolerance: float, arguments: list[str]
) -> None:
    """Measure, print and write. At ``url`` if given; what of that server is on another machine or hidden from us is
    neither measured nor told from others."""
    if url:
        _measure(Target(url, url, model or model_of(url)), listening(url), cases, rounds, tolerance)
        return
    with ours(model, arguments) as server:
        _measure(Target(OURS, server.url, model_of(server.url)), server, cases, rounds, tolerance)


def _measure(target: Target, server: Server | None, cases: dict[str, Case], rounds: int, tolerance: float) -> None:
    console = Console(width=None if sys.stdout.isatty() else 180)
    warm_up(target)
    results = []
    with console.status("") as status:
        for number in range(rounds):
            for name, case in cases.items():
                status.update(f"round {number + 1} of {rounds}: {name}")
                results.append(round_of(target, name, case, number, server))
    show(console, "serving", results, tolerance, model=target.model)


def show(console: Console, kind: str, results: list[report.Result], tolerance: float, **facts: Any) -> None:
    """Print the table, the errors and where the numbers went; ``facts`` go there too."""
    console.print(report.table(results, tolerance))
    for result in results:
        for error in result.errors:
            console.print(f"[red]{result.server}, {result.case}: {result.failed} failed:[/]", escape(error))
    if any(result.noise > tolerance for result in results):
        console.print(f"[yellow]Rows in yellow are spoilt: others kept more than {tolerance:.2f} cores busy.[/]")
    console.print(f"Written to {report.write(kind, results, **facts)}")
