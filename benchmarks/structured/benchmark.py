"""Streams of structured output beside the same streams without a structure, over HTTP and in the same run.

A round sends every stream a prompt and a schema. Then it sends the same prompts again without the schemas, and asks for
as many tokens as the structured outputs had. So both have the same work, and the ratio is the cost of the structure.
Peers get the same prompts and schemas, each server in its turn.
"""

import asyncio
import dataclasses
import random
from contextlib import ExitStack
from pathlib import Path

from rich.markup import escape

from benchmarks.peers.benchmark import Contest, Contestant
from benchmarks.peers.peer import Peer
from benchmarks.processes.noise import Noise
from benchmarks.report.tables import open_console
from benchmarks.serving.cases import LoadRequest
from benchmarks.serving.client import Trace, send_load
from benchmarks.serving.results import RoundResult, report_results, summarize
from benchmarks.serving.rounds import TRIVIUM
from benchmarks.structured.outcome import Validity
from benchmarks.structured.schemas import load_schemas
from benchmarks.structured.summary import FREE, STRUCTURED, make_summary
from service import __version__


def measure(
    source: str,
    path: Path,
    peers: list[Peer],
    *,
    num_streams: int,
    tokens: int,
    rounds: int,
    tolerance: float,
    arguments: list[str],
) -> None:
    """Serve ``source``, whose directory is ``path``, here and by the peers; print and write the results.

    An output has at most ``tokens`` tokens. Raises ServerFailed if our own server fails.
    """
    console = open_console(180)
    contest = Contest(source, path, console)
    launches = contest.install(peers)
    results: list[RoundResult] = []
    validities: dict[str, list[Validity]] = {}
    with ExitStack() as stack:
        contestants = [contest.start_trivium(stack, arguments), *contest.start_peers(stack, launches)]
        for each in contestants:
            _round(each, -1, 2, tokens)  # servers make masks and read vocabularies for their first schema
        for number in range(rounds):
            for each in contestants:
                console.print(f"[dim]round {number + 1} of {rounds}: {escape(each.target.name)}[/]")
                pair, validity = _round(each, number, num_streams, tokens)
                results += pair
                validities.setdefault(each.target.name, []).append(validity)
    origins = {TRIVIUM: " ".join([__version__, *arguments])} | {peer.name: peer.origin for peer in peers}
    facts = {"model": source, "streams": num_streams, "tokens": tokens, "origins": origins, "missing": contest.missing}
    counts = {name: dataclasses.asdict(sum(each, start=Validity(0, 0, 0, 0))) for name, each in validities.items()}
    report_results(console, "structured", results, tolerance, **facts, outputs=counts)
    console.print(make_summary(results, {name: Validity(**count) for name, count in counts.items()}, tolerance))
    for name, reason in contest.missing.items():
        console.print(f"[red]{escape(name)} was not measured:[/]", escape(reason))


def _round(contestant: Contestant, number: int, num_streams: int, tokens: int) -> tuple[list[RoundResult], Validity]:
    """One round of one server. Equal numbers give equal prompts, so all servers get the same ones."""
    generator = random.Random(number)
    schemas = load_schemas()
    chosen = [schemas[(number * num_streams + stream) % len(schemas)] for stream in range(num_streams)]
    prompts = [f"{generator.randrange(10**9)}. {prompt}" for prompt, _ in chosen]  # new to the prefix cache
    as_fields = contestant.target.schema_fields
    # A structure has an end of its own. A server that must ignore it would go on with nothing that it may write.
    structured = [
        LoadRequest(prompt, tokens, fields=as_fields(schema) | {"ignore_eos": False})
        for prompt, (_, schema) in zip(prompts, chosen, strict=True)
    ]
    first, traces = _run(contestant, STRUCTURED, structured)
    free = [LoadRequest(f"{prompt} ", max(2, trace.tokens)) for prompt, trace in zip(prompts, traces, strict=True)]
    second, _ = _run(contestant, FREE, free)
    return [first, second], Validity.of(traces, [schema for _, schema in chosen], tokens)


def _run(contestant: Contestant, name: str, requests: list[LoadRequest]) -> tuple[RoundResult, list[Trace]]:
    target, server = contestant.target, contestant.server
    with Noise(server.pid) as noise:
        traces = asyncio.run(send_load(target, target.adapt(requests)))
    result = summarize(target.name, name, traces, noise.seconds, noise.cores)
    return dataclasses.replace(result, memory=server.memory(), start_seconds=server.start_seconds), traces
