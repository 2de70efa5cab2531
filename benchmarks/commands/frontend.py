"""Everything but the model."""

from typing import Annotated

import typer

from benchmarks.commands.options import parse_numbers

app = typer.Typer()


@app.command()
def frontend(
    streams: Annotated[str, typer.Option(help="Sequences at once; several numbers with commas.")] = "256,1024",
    step_ms: Annotated[
        str, typer.Option(help="Milliseconds that the null model takes for a step; several with commas.")
    ] = "5,10,20",
    rounds: Annotated[int, typer.Option(help="Measurements of a step; the fastest counts.", min=1)] = 3,
    steps: Annotated[int, typer.Option(help="Steps in each measurement.", min=1)] = 100,
    seconds: Annotated[float, typer.Option(help="Seconds for which the streams are measured.", min=1)] = 5.0,
) -> None:
    """Measure the host's work for a step, and the load of the whole service, with a model that computes nothing."""
    from benchmarks.frontend.benchmark import measure

    measure(
        streams=parse_numbers(streams),
        step_ms=[float(ms) for ms in step_ms.split(",")],
        rounds=rounds,
        steps=steps,
        seconds=seconds,
    )
