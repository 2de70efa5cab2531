"""Many sentences to translate."""

from typing import Annotated

import typer

from benchmarks.commands.options import PASS_ON, Rounds, ServedModel, default_source

app = typer.Typer()


@app.command(context_settings=PASS_ON)
def translation(
    context: typer.Context,
    model: ServedModel = "",
    count: Annotated[int, typer.Option("--sentences", help="Sentences, all different.", min=1, max=480)] = 300,
    rounds: Rounds = 3,
) -> None:
    """Time sentences in one request, in a document, and in a request each. Further arguments: `trivium serve`'s."""
    from benchmarks.translation.benchmark import measure

    measure(model or default_source(), count=count, rounds=rounds, arguments=context.args)
