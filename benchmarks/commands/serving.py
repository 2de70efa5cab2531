"""Servers under load over HTTP."""

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.commands.options import (
    PASS_ON,
    Cases,
    Mix,
    Rate,
    Requests,
    Rounds,
    ServedModel,
    Tolerance,
    default_source,
    parse_cases,
)

app = typer.Typer()


@app.command(context_settings=PASS_ON)
def serving(
    context: typer.Context,
    model: Annotated[str, typer.Option(help="Model to serve, or the model's name at --url.")] = "",
    url: Annotated[str | None, typer.Option(help="Measure this OpenAI-compatible server instead.")] = None,
    cases: Cases = "",
    rounds: Rounds = 3,
    tolerance: Tolerance = 0.15,
    mix: Mix = None,
    rate: Rate = 2.0,
    requests: Requests = 64,
) -> None:
    """Measure the real server over HTTP. Further arguments are those of `trivium serve`."""
    from benchmarks.serving.benchmark import measure

    model = model or ("" if url else default_source())
    measure(model, url, parse_cases(cases, mix, rate, requests), rounds, tolerance, context.args)


@app.command(context_settings=PASS_ON)
def victims(
    context: typer.Context,
    model: ServedModel = "",
    targets: Annotated[str, typer.Option(help="Values of target_itl_ms, with commas. 0: no target.")] = "200,0",
    streams: Annotated[int, typer.Option(help="Streams that are measured.", min=1)] = 8,
    output_tokens: Annotated[int, typer.Option(help="Output tokens of each stream.", min=2)] = 256,
    prompt_tokens: Annotated[int, typer.Option(help="Tokens of each long prompt.", min=1)] = 4000,
    rounds: Rounds = 1,
    tolerance: Tolerance = 0.15,
) -> None:
    """Measure streams alone, and beside a client that sends long prompts. Further arguments: `trivium serve`'s."""
    from benchmarks.serving.victims import measure

    measure(
        model or default_source(),
        targets=[int(target) for target in targets.split(",")],
        streams=streams,
        output_tokens=output_tokens,
        prompt_tokens=prompt_tokens,
        rounds=rounds,
        tolerance=tolerance,
        arguments=context.args,
    )


@app.command()
def charts(
    files: Annotated[list[Path], typer.Argument(help="Files that `serving` and `peers` wrote.", exists=True)],
    name: Annotated[str, typer.Option(help="Beginning of the charts' file names.")] = "peers",
) -> None:
    """Draw results as SVG into benchmarks/results: by case, and over the number of streams."""
    from benchmarks.report.files import RESULTS
    from benchmarks.serving.charts import draw

    for path in draw(files, RESULTS, name):
        typer.echo(path)
