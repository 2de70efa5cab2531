"""Structured output beside free text."""

from typing import Annotated

import typer

from benchmarks.commands.options import PASS_ON, Rounds, ServedModel, Tolerance, default_source

app = typer.Typer()


@app.command(context_settings=PASS_ON)
def structured(
    context: typer.Context,
    model: ServedModel = "",
    streams: Annotated[int, typer.Option(help="Requests at once.", min=1)] = 16,
    tokens: Annotated[int, typer.Option(help="Most tokens of an output.", min=2)] = 256,
    rounds: Rounds = 3,
    tolerance: Tolerance = 0.15,
) -> None:
    """Measure structured output beside free text of the same lengths. Further arguments: `trivium serve`'s."""
    from benchmarks.structured.benchmark import measure

    measure(
        model or default_source(),
        num_streams=streams,
        tokens=tokens,
        rounds=rounds,
        tolerance=tolerance,
        arguments=context.args,
    )
