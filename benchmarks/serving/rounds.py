"""One round of one case against one server, and the start of our own server."""

import asyncio
import dataclasses
import random
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from benchmarks.processes.noise import Noise
from benchmarks.processes.servers import Server, ServerFailed, running_server
from benchmarks.processes.trivium_service import READY_PATH, serve_command
from benchmarks.serving.cases import Case, LoadRequest
from benchmarks.serving.client import Target, send_load
from benchmarks.serving.results import RoundResult, summarize

TRIVIUM = "Trivium"  # the name of our own server in tables and files
_WARM_UP = LoadRequest([1000, 1001, 1002, 1003], 4)


@contextmanager
def trivium_server(model: str, arguments: list[str]) -> Iterator[Server]:
    """Our own server until the block ends. ``arguments`` are further ones of ``trivium serve``."""
    arguments = ["--log-level", "warning", *arguments]
    with running_server(lambda port: serve_command(model, port, arguments), health=READY_PATH) as server:
        yield server


def measure_round(target: Target, name: str, case: Case, seed: int, server: Server | None = None) -> RoundResult:
    """One round of the case called ``name``. Equal seeds give equal prompts, so all servers get the same ones."""
    requests = target.adapt(case(random.Random(f"{name} {seed}")))
    with Noise(server.pid if server else None) as noise:
        traces = asyncio.run(send_load(target, requests))
    result = summarize(target.name, name, traces, noise.seconds, noise.cores)
    if server:
        result = dataclasses.replace(result, memory=server.memory(), start_seconds=server.start_seconds)
    return result


def warm_up(target: Target) -> None:
    """Send one small request. Raises ServerFailed if it fails."""
    if error := asyncio.run(send_load(target, target.adapt([_WARM_UP])))[0].error:
        raise ServerFailed(f"a small request failed: {error}")


def fetch_model_name(url: str) -> str:
    """The first model that the server lists."""
    return str(httpx.get(f"{url}/v1/models").raise_for_status().json()["data"][0]["id"])
