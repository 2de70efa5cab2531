"""Streams of structured output beside the same streams without a structure, over HTTP and in the same run.

A round sends every stream a prompt and a schema. Then it sends the same prompts again without the schemas, and asks for
as many tokens as the structured outputs had. So both have the same work, and the ratio is the cost of the structure.
"""

import asyncio
import dataclasses
import random
from statistics import median

from rich.console import Console

from benchmarks.processes.noise import Noise
from benchmarks.processes.servers import Server
from benchmarks.report.statistics import quiet_ones
from benchmarks.report.tables import open_console
from benchmarks.serving.cases import LoadRequest
from benchmarks.serving.client import Target, Trace, send_load
from benchmarks.serving.results import RoundResult, report_results, summarize
from benchmarks.serving.rounds import TRIVIUM, fetch_model_name, trivium_server, warm_up
from benchmarks.structured.outcome import Validity
from benchmarks.structured.schemas import load_schemas

_FREE, _STRUCTURED = "free text", "structured"


def measure(source: str, *, num_streams: int, tokens: int, rounds: int, tolerance: float, arguments: list[str]) -> None:
    """Serve ``source``; print and write the results. Raises ServerFailed.

    An output has at most ``tokens`` tokens.
    """
    console = open_console(180)
    with trivium_server(source, arguments) as server:
        target = Target(TRIVIUM, server.url, fetch_model_name(server.url))
        warm_up(target)
        _structured_round(target, server, -1, 2, tokens)  # the first grammar makes the engine read the vocabulary
        results, validities = [], []
        for number in range(rounds):
            console.print(f"[dim]round {number + 1} of {rounds}[/]")
            pair, validity = _structured_round(target, server, number, num_streams, tokens)
            results += pair
            validities.append(validity)
    facts = {"model": source, "streams": num_streams, "tokens": tokens}
    report_results(console, "structured", results, tolerance, **facts)
    _print_ratios(console, results, validities, tolerance)


def _structured_round(
    target: Target, server: Server, number: int, num_streams: int, tokens: int
) -> tuple[list[RoundResult], Validity]:
    generator = random.Random(number)
    schemas = load_schemas()
    chosen = [schemas[(number * num_streams + stream) % len(schemas)] for stream in range(num_streams)]
    prompts = [f"{generator.randrange(10**9)}. {prompt}" for prompt, _ in chosen]  # new to the prefix cache
    structured = [
        LoadRequest(
            prompt, tokens, fields={"response_format": {"type": "json_schema", "json_schema": {"schema": schema}}}
        )
        for prompt, (_, schema) in zip(prompts, chosen, strict=True)
    ]
    first, traces = _run(target, server, _STRUCTURED, structured)
    free = [LoadRequest(f"{prompt} ", max(2, trace.tokens)) for prompt, trace in zip(prompts, traces, strict=True)]
    second, _ = _run(target, server, _FREE, free)
    return [first, second], Validity.of(traces, [schema for _, schema in chosen], tokens)


def _run(target: Target, server: Server, name: str, requests: list[LoadRequest]) -> tuple[RoundResult, list[Trace]]:
    with Noise(server.pid) as noise:
        traces = asyncio.run(send_load(target, requests))
    result = summarize(target.name, name, traces, noise.seconds, noise.cores)
    return dataclasses.replace(result, memory=server.memory()), traces


def _print_ratios(console: Console, results: list[RoundResult], validities: list[Validity], tolerance: float) -> None:
    """Medians over the quiet rounds."""
    speeds, delays = {}, {}
    for name in (_FREE, _STRUCTURED):
        rounds = quiet_ones([result for result in results if result.case == name], tolerance)
        speeds[name] = median(result.tokens_per_second for result in rounds)
        delays[name] = median(result.ttft_p50 or 0.0 for result in rounds)
    console.print(
        f"structured output has {speeds[_STRUCTURED] / speeds[_FREE]:.2f} of the tokens/s of free text; the first "
        f"token comes {delays[_STRUCTURED] - delays[_FREE]:+.0f} ms later"
    )
    valid, invalid, cut = (sum(getattr(each, name) for each in validities) for name in ("valid", "invalid", "cut"))
    console.print(f"of {valid + invalid} whole outputs {valid} validate; {cut} more were cut at the token limit")
