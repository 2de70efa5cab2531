"""LoRA adapters beside their model."""

from typing import Annotated

import typer

from benchmarks.commands.options import PASS_ON, Rounds, ServedModel, Tolerance, default_source
from service.settings import Settings
from service.store import open_store

app = typer.Typer()


@app.command(context_settings=PASS_ON)
def adapters(
    context: typer.Context,
    model: ServedModel = "",
    count: Annotated[int, typer.Option("--adapters", help="Adapters with random weights.", min=1)] = 8,
    rank: Annotated[int, typer.Option(help="Rank of every matrix.", min=1, max=64)] = 16,
    streams: Annotated[int, typer.Option(help="Requests at once.", min=1)] = 16,
    tokens: Annotated[int, typer.Option(help="Tokens of each prompt, and of each output.", min=2)] = 128,
    rounds: Rounds = 3,
    tolerance: Tolerance = 0.15,
) -> None:
    """Measure streams over several adapters beside streams of the model. Further arguments: `trivium serve`'s."""
    from benchmarks.adapters.benchmark import measure

    source = model or default_source()
    measure(
        source,
        open_store(Settings.load()).ensure(source).path,
        adapters=count,
        rank=rank,
        num_streams=streams,
        tokens=tokens,
        rounds=rounds,
        tolerance=tolerance,
        arguments=context.args,
    )
