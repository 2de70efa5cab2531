"""The engine in the benchmark's own process."""

from typing import Annotated, Any

import typer

from benchmarks.commands.options import EngineModel, Rounds, Tolerance, load_engine_config, parse_numbers
from service.cli.flags import with_settings
from service.settings.groups import EngineSettings, ModelSettings

app = typer.Typer()


@app.command()
@with_settings(ModelSettings, EngineSettings)
def throughput(
    model: EngineModel = None,
    streams: Annotated[str, typer.Option(help="Requests at once; several numbers with commas.")] = "1,16",
    prompt_tokens: Annotated[int, typer.Option(help="Tokens of each prompt.", min=1)] = 128,
    output_tokens: Annotated[int, typer.Option(help="Tokens of each output.", min=2)] = 128,
    rounds: Rounds = 3,
    tolerance: Tolerance = 0.15,
    **flags: Any,
) -> None:
    """Measure the engine beside transformers' generate."""
    from benchmarks.engine.throughput import measure

    _, config = load_engine_config(model, flags)
    measure(
        config,
        streams=parse_numbers(streams),
        prompt_tokens=prompt_tokens,
        output_tokens=output_tokens,
        rounds=rounds,
        tolerance=tolerance,
    )


@app.command()
@with_settings(ModelSettings, EngineSettings)
def engine(
    model: EngineModel = None,
    batch: Annotated[
        str, typer.Option(help="Sequences that decode at once; several numbers with commas.")
    ] = "1,4,16,64",
    context: Annotated[
        str, typer.Option(help="Tokens of each sequence's context; several numbers with commas.")
    ] = "128,512,2048",
    steps: Annotated[int, typer.Option(help="Decoding steps in a round.", min=1)] = 8,
    products: Annotated[bool, typer.Option(help="Measure matrix products at the model's shapes too.")] = True,
    rounds: Rounds = 5,
    tolerance: Tolerance = 0.15,
    **flags: Any,
) -> None:
    """Measure the parts of an engine step, and compare them with the limits of this machine."""
    from benchmarks.engine.benchmark import measure

    _, config = load_engine_config(model, flags)
    measure(
        config,
        batches=parse_numbers(batch),
        contexts=parse_numbers(context),
        steps=steps,
        products=products,
        rounds=rounds,
        tolerance=tolerance,
    )
