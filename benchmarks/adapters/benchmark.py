"""Streams over several adapters beside the same streams of the model alone, over HTTP and in the same run."""

import random
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle
from pathlib import Path

from benchmarks.adapters.random_adapters import write_adapters
from benchmarks.report.tables import open_console
from benchmarks.serving.cases import Case, LoadRequest, streams
from benchmarks.serving.client import Target
from benchmarks.serving.results import median_speed, report_results
from benchmarks.serving.rounds import TRIVIUM, fetch_model_name, measure_round, trivium_server, warm_up

_MODEL, _ADAPTERS = "the model", "adapters"


def measure(
    source: str,
    model: Path,
    *,
    adapters: int,
    rank: int,
    num_streams: int,
    tokens: int,
    rounds: int,
    tolerance: float,
    arguments: list[str],
) -> None:
    """Serve ``source``, whose files are in ``model``, with random adapters; print and write the results.

    Each stream has ``tokens`` tokens in and out. Raises ServerFailed, and ValueError if the model is not Llama-like.
    """
    console = open_console(180)
    with tempfile.TemporaryDirectory() as directory, console.status("") as status:
        status.update("writing adapters")
        paths = write_adapters(model, Path(directory), adapters, rank)
        flags = [part for name, path in paths.items() for part in ("--adapter", f"{name}={path}")]
        alone = streams(num_streams, tokens, tokens)
        cases = {_MODEL: alone, _ADAPTERS: _with_adapters(alone, list(paths))}
        results = []
        with trivium_server(source, [*flags, *arguments]) as server:
            target = Target(TRIVIUM, server.url, fetch_model_name(server.url))
            warm_up(target)
            for number in range(rounds):
                for name, case in cases.items():
                    status.update(f"round {number + 1} of {rounds}: {name}")
                    results.append(measure_round(target, name, case, number, server))
    facts = {"model": source, "adapters": adapters, "rank": rank, "streams": num_streams, "tokens": tokens}
    report_results(console, "adapters", results, tolerance, **facts)
    speeds = {name: median_speed(results, name, tolerance) for name in cases}
    console.print(
        f"{num_streams} streams over {adapters} adapters of rank {rank}: "
        f"{speeds[_ADAPTERS] / speeds[_MODEL]:.2f} of the speed of the model alone"
    )


def _with_adapters(case: Case, names: Sequence[str]) -> Case:
    """The same requests, which name the adapters in turn."""

    def make_requests(generator: random.Random) -> list[LoadRequest]:
        return [replace(request, model=name) for request, name in zip(case(generator), cycle(names), strict=False)]

    return make_requests
