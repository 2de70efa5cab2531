"""The real service under bad conditions. Both subcommands exit with 1 if they find a failure."""

import asyncio
from typing import Annotated

import typer

from benchmarks.commands.options import PASS_ON, Seed, ServedModel, TaskMix

app = typer.Typer()

_MOST_LINES = 20  # of each kind of detail


@app.command(context_settings=PASS_ON)
def soak(
    context: typer.Context,
    model: ServedModel = "",
    mix: TaskMix = None,
    minutes: Annotated[float, typer.Option(help="Duration.", min=0.05)] = 15.0,
    kills: Annotated[int, typer.Option(help="How often the engine is killed during this time.", min=0)] = 5,
    tolerance: Annotated[float, typer.Option(help="MiB that a process may grow after warm-up.", min=0)] = 16.0,
    seed: Seed = 0,
) -> None:
    """Run mixed traffic and bad clients, and check the state of the service. Further arguments: `trivium serve`'s.

    Exits with 1 if a request was lost, memory grew, or the engine still holds something at the end.
    """
    from benchmarks.soak.benchmark import soak

    outcome = asyncio.run(soak(model, mix, minutes * 60, kills=kills, seed=seed, arguments=context.args))
    _report(
        outcome.table(),
        details=[*outcome.tally.lost[:_MOST_LINES], *outcome.unexplained[:_MOST_LINES]],
        failures=outcome.failures(tolerance),
    )


@app.command(context_settings=PASS_ON)
def faults(
    context: typer.Context,
    model: ServedModel = "",
    mix: TaskMix = None,
    kills: Annotated[int, typer.Option(help="How often the engine is killed.", min=1)] = 20,
    clients: Annotated[int, typer.Option(help="Clients at once.", min=1)] = 32,
    seed: Seed = 0,
) -> None:
    """Kill the engine under load, and compare every answer with the one without kills.

    Further arguments are those of `trivium serve`. Exits with 1 if an answer was lost, if the engine still holds
    something at the end, or if an answer differs although --deterministic is given.
    """
    from benchmarks.faults.benchmark import kill_under_load

    outcome = asyncio.run(kill_under_load(model, mix, kills=kills, clients=clients, seed=seed, arguments=context.args))
    _report(
        outcome.table(),
        details=[*outcome.lost[:_MOST_LINES], *outcome.different[:_MOST_LINES]],
        failures=outcome.failures(exact="--deterministic" in context.args),
    )


def _report(table: str, details: list[str], failures: list[str]) -> None:
    """Print everything, and exit with 1 if there are failures."""
    print(table)
    for line in details:
        print(line)
    for failure in failures:
        print(f"FAILED: {failure}")
    raise typer.Exit(1 if failures else 0)
