"""``python -m benchmarks``: what is measured, one subcommand each."""

from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import frontend
from service.engine.types import EngineConfig
from service.flags import with_settings
from service.settings import Settings, SettingsError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)

Rounds = Annotated[int, typer.Option(help="Turns of each.", min=1)]
Tolerance = Annotated[float, typer.Option(help="Cores that others may keep busy during a turn that counts.", min=0)]
Names = Annotated[str, typer.Option("--cases", help="Which loads, with commas. Empty: all of them.")]


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def serving(
    context: typer.Context,
    model: Annotated[str, typer.Option(help="What to serve, or the model's name at --url.")] = "",
    url: Annotated[str | None, typer.Option(help="Measure this OpenAI-compatible server instead.")] = None,
    cases: Names = "",
    rounds: Rounds = 3,
    tolerance: Tolerance = 0.15,
    mix: Annotated[Path | None, typer.Option(help="JSON Lines of prompts for the case 'poisson'.")] = None,
    rate: Annotated[float, typer.Option(help="Requests a second of 'poisson'.", min=0.01)] = 2.0,
    requests: Annotated[int, typer.Option(help="Requests of 'poisson' in a round.", min=1)] = 64,
) -> None:
    """The real server over HTTP. Further arguments are those of `trivium serve`."""
    from benchmarks import serving as measured
    from benchmarks.cases import CASES, poisson

    known = CASES | ({"poisson": poisson(mix, rate, requests)} if mix else {})
    model = model or ("" if url else Settings.load().model)
    measured.measure(model, url, _chosen(known, cases), rounds, tolerance, context.args)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def peers(
    context: typer.Context,
    rival: Annotated[
        list[str], typer.Option(help="NAME=COMMAND that serves the model; {port} is its port. Repeat it.")
    ],
    model: Annotated[str, typer.Option(help="What to serve.")] = "",
    cases: Names = "",
    rounds: Rounds = 2,
    tolerance: Tolerance = 0.15,
) -> None:
    """The real server and others by turns, with ratios. Further arguments are those of `trivium serve`."""
    from benchmarks import peers as measured
    from benchmarks.cases import CASES

    rivals = dict(each.split("=", 1) for each in rival)
    measured.measure(model or Settings.load().model, rivals, _chosen(CASES, cases), rounds, tolerance, context.args)


@app.command()
@with_settings("Model", "Engine")
def throughput(
    model: Annotated[str | None, typer.Argument(help="A directory, a catalogue name or a hub id.")] = None,
    streams: Annotated[str, typer.Option(help="How many requests at once; several numbers with commas.")] = "1,16",
    prompt_tokens: Annotated[int, typer.Option(help="Tokens in.", min=1)] = 128,
    output_tokens: Annotated[int, typer.Option(help="Tokens out.", min=2)] = 128,
    rounds: Rounds = 3,
    tolerance: Tolerance = 0.15,
    **flags: Any,
) -> None:
    """The engine in this process beside transformers' generate."""
    from benchmarks import throughput as measured

    measured.measure(
        _engine_config(model, flags),
        streams=_numbers(streams),
        prompt_tokens=prompt_tokens,
        output_tokens=output_tokens,
        rounds=rounds,
        tolerance=tolerance,
    )


@app.command()
@with_settings("Model", "Engine")
def engine(
    model: Annotated[str | None, typer.Argument(help="A directory, a catalogue name or a hub id.")] = None,
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
    from benchmarks import engine as measured

    measured.measure(
        _engine_config(model, flags),
        batches=_numbers(batch),
        contexts=_numbers(context),
        steps=steps,
        products=products,
        rounds=rounds,
        tolerance=tolerance,
    )


def _engine_config(model: str | None, flags: dict[str, Any]) -> EngineConfig:
    from service.server import open_store

    try:
        settings = Settings.load(flags | ({} if model is None else {"model": model}))
    except SettingsError as error:
        raise typer.BadParameter(str(error)) from None
    return settings.engine_config(open_store(settings).ensure(settings.model))


def _numbers(text: str) -> list[int]:
    """Positive ones, with commas."""
    return [int(number) for number in text.split(",") if int(number) > 0]


def _chosen(known: dict[str, Any], names: str) -> dict[str, Any]:
    wanted = [name for name in names.split(",") if name] or list(known)
    if unknown := set(wanted) - set(known):
        raise typer.BadParameter(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(known)}")
    return {name: known[name] for name in wanted}


app.command("frontend")(frontend.main)

if __name__ == "__main__":
    app(prog_name="python -m benchmarks")
