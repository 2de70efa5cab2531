"""What the real service survives."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.commands.options import PASS_ON

app = typer.Typer()


@app.command(context_settings=PASS_ON)
def soak(
    context: typer.Context,
    model: Annotated[str, typer.Option(help="What to serve.")] = "",
    mix: Annotated[
        Path | None, typer.Option(help="JSON Lines of tasks; benchmarks/README.md tells the fields.")
    ] = None,
    minutes: Annotated[float, typer.Option(help="How long.", min=0.05)] = 15.0,
    kills: Annotated[int, typer.Option(help="How often the engine is killed meanwhile.", min=0)] = 5,
    tolerance: Annotated[float, typer.Option(help="MiB that a process may grow after warm-up.", min=0)] = 16.0,
    seed: Annotated[int, typer.Option(help="Of everything that is random.")] = 0,
) -> None:
    """Mixed traffic, bad clients and bad luck, and what is left. Further arguments are those of `trivium serve`.

    Exits with 1 if a request was lost, memory grew, or anything is held at the end.
    """
    from benchmarks.soak.benchmark import soak
    from benchmarks.soak.report import table

    outcome = asyncio.run(soak(model, mix, minutes * 60, kills=kills, seed=seed, flags=context.args))
    print(table(outcome))
    for line in (*outcome.tally.lost[:20], *outcome.unexplained[:20]):
        print(line)
    failures = outcome.failures(tolerance)
    for failure in failures:
        print(f"FAILED: {failure}")
    raise typer.Exit(1 if failures else 0)


@app.command(context_settings=PASS_ON)
def faults(
    context: typer.Context,
    model: Annotated[str, typer.Option(help="What to serve.")] = "",
    mix: Annotated[
        Path | None, typer.Option(help="JSON Lines of tasks; benchmarks/README.md tells the fields.")
    ] = None,
    kills: Annotated[int, typer.Option(help="How often the engine is killed.", min=1)] = 20,
    clients: Annotated[int, typer.Option(help="Clients at once.", min=1)] = 32,
    seed: Annotated[int, typer.Option(help="Of everything that is random.")] = 0,
) -> None:
    """Kill the engine under mixed clients, and compare every answer with that of an undisturbed run.

    Further arguments are those of `trivium serve`. Exits with 1 if an answer was lost, or anything is held at the end,
    or if an answer differs although --deterministic is given.
    """
    from benchmarks.faults.benchmark import faults

    outcome = asyncio.run(faults(model, mix, kills=kills, clients=clients, seed=seed, flags=context.args))
    print(outcome.table())
    for line in (*outcome.lost[:20], *outcome.different[:20]):
        print(line)
    failures = outcome.failures(exact="--deterministic" in context.args)
    for failure in failures:
        print(f"FAILED: {failure}")
    raise typer.Exit(1 if failures else 0)
