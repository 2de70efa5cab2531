"""``python -m benchmarks``: what is measured, one subcommand each."""

import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import frontend
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
    if model is not None:
        flags["model"] = model
    try:
        settings = Settings.load(flags)
    except SettingsError as error:
        raise typer.BadParameter(str(error)) from None

    from benchmarks import throughput as measured
    from service.server import open_store

    measured.measure(
        settings.engine_config(open_store(settings).ensure(settings.model)),
        streams=[int(count) for count in streams.split(",") if int(count) > 0],
        prompt_tokens=prompt_tokens,
        output_tokens=output_tokens,
        rounds=rounds,
        tolerance=tolerance,
    )


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def quality(
    context: typer.Context,
    data: Annotated[Path, typer.Option(help="Directory of the texts; benchmarks/README.md says which.")],
    model: Annotated[str, typer.Argument(help="What to serve: a directory, a catalogue name or a hub id.")] = "",
    url: Annotated[str | None, typer.Option(help="Measure this running server instead.")] = None,
    tasks: Annotated[str, typer.Option(help="Which tasks, with commas. Empty: all of them.")] = "",
    sample: Annotated[
        int, typer.Option(help="Questions of a language, sentences of a pair, marked texts.", min=1)
    ] = 24,
    in_flight: Annotated[int, typer.Option(help="Requests at once.", min=1)] = 32,
) -> None:
    """How good answers and translations are, beside naive prompts. Further arguments are those of `trivium serve`."""
    from benchmarks.quality import evaluation as measured

    chosen = _chosen(measured.TASKS, tasks)
    if missing := [name for task in chosen.values() for name in task.missing(data)]:
        raise typer.BadParameter(f"{data} lacks {', '.join(missing)}")
    measured.measure(model or Settings.load().model, url, data, chosen, sample, in_flight, context.args)


def _chosen(known: dict[str, Any], names: str) -> dict[str, Any]:
    wanted = [name for name in names.split(",") if name] or list(known)
    if unknown := set(wanted) - set(known):
        raise typer.BadParameter(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(known)}")
    return {name: known[name] for name in wanted}


app.command("frontend")(frontend.main)
# A benchmark that is told to stop stops the servers that it started.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
app(prog_name="python -m benchmarks")
