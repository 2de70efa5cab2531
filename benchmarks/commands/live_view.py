"""The cost of the live view."""

from typing import Annotated

import typer

from benchmarks.commands.options import PASS_ON, Rounds, ServedModel, Tolerance, default_source

app = typer.Typer()


@app.command(context_settings=PASS_ON)
def live_view(
    context: typer.Context,
    model: ServedModel = "",
    viewers: Annotated[int, typer.Option(help="Viewers at once.", min=1)] = 1,
    streams: Annotated[int, typer.Option(help="Requests at once.", min=1)] = 16,
    tokens: Annotated[int, typer.Option(help="Tokens of each prompt, and of each output.", min=2)] = 128,
    rounds: Rounds = 3,
    tolerance: Tolerance = 0.15,
) -> None:
    """Measure streams while somebody watches the scheduler. Further arguments: `trivium serve`'s."""
    from benchmarks.live_view.benchmark import measure

    measure(
        model or default_source(),
        num_viewers=viewers,
        num_streams=streams,
        tokens=tokens,
        rounds=rounds,
        tolerance=tolerance,
        arguments=context.args,
    )
