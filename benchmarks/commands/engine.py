"""The engine in the benchmark's own process."""

from typing import Annotated, Any

import typer

from benchmarks.commands.options import Model, Rounds, Tolerance, engine_config, numbers
from service.cli.flags import with_settings
from service.settings.groups import EngineSettings, ModelSettings

app = typer.Typer()


@app.command()
@with_settings(ModelSettings, EngineSettings)
def throughput(
    model: Model = None,
    streams: Annotated[str, typer.Option(help="How many requests at once; several numbers with commas.")] = "1,16",
    prompt_tokens: Annotated[int, typer.Option(help="Tokens in.", min=1)] = 128,
    output_tokens: Annotated[int, typer.Option(help="Tokens out.", min=2)] = 128,
    rounds: Rounds = 3,
    tolerance: Tolerance = 0.15,
    **flags: Any,
) -> None:
    """The engine in this process beside transformers' generate."""
    from benchmarks.engine import throughput as measured

    _, config = engine_config(model, flags)
    measured.measure(
        config,
        streams=numbers(streams),
        prompt_tokens=prompt_tokens,
        output_tokens=output_tokens,
        rounds=rounds,
        tolerance=tolerance,
    )


@app.command()
@with_settings(ModelSettings, EngineSettings)
def engine(
    model: Model = None,
    batch: Annotated[
        str, typer.Option(help="Sequences that decode at once; several numbers with commas.")
    ] = "1,4,16,64",
    context: Annotated[str, typer.Option(help="Tokens that each has; several numbers with commas.")] = "128,512,2048",
    steps: Annotated[int, typer.Option(help="Decoding steps in a round.", min=1)] = 8,
    products: Annotated[bool, typer.Option(help="Measure matrix products at the model's shapes too.")] = True,
    rounds: Rounds = 5,
    tolerance: Tolerance = 0.15,
    **flags: Any,
) -> None:
    """The engine in this process: where a step's time goes, beside what the machine can do."""
    from benchmarks.engine import benchmark as measured

    _, config = engine_config(model, flags)
    measured.measure(
        config,
        batches=numbers(batch),
        contexts=numbers(context),
        steps=steps,
        products=products,
        rounds=rounds,
        tolerance=tolerance,
    )
