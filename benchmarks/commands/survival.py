"""The real service under bad conditions. All subcommands exit with 1 if they find a failure."""

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.commands.options import PASS_ON, Seed, ServedModel, TaskMix, default_source
from service.settings import Settings
from service.store import open_store

if TYPE_CHECKING:
    from benchmarks.faults.outcome import FaultsOutcome

app = typer.Typer()

_MOST_LINES = 20  # of each kind of detail


@app.command(context_settings=PASS_ON)
def soak(
    context: typer.Context,
    model: ServedModel = "",
    mix: TaskMix = None,
    minutes: Annotated[float, typer.Option(help="Duration.", min=0.05)] = 15.0,
    kills: Annotated[int, typer.Option(help="How often the engine is killed during this time.", min=0)] = 5,
    tolerance: Annotated[float, typer.Option(help="MiB that a process may grow after warm-up.", min=0)] = 16.0,
    seed: Seed = 0,
) -> None:
    """Run mixed traffic and bad clients, and check the state of the service. Further arguments: `trivium serve`'s.

    Exits with 1 if a request was lost, memory grew, or the engine still holds something at the end.
    """
    from benchmarks.soak.benchmark import soak

    outcome = asyncio.run(soak(model, mix, minutes * 60, kills=kills, seed=seed, arguments=context.args))
    _report(
        outcome.table(),
        details=[*outcome.tally.lost[:_MOST_LINES], *outcome.unexplained[:_MOST_LINES]],
        failures=outcome.failures(tolerance),
    )


@app.command(context_settings=PASS_ON)
def faults(
    context: typer.Context,
    model: ServedModel = "",
    mix: TaskMix = None,
    kills: Annotated[int, typer.Option(help="How often the engine is killed.", min=1)] = 20,
    clients: Annotated[int, typer.Option(help="Clients at once.", min=1)] = 32,
    seed: Seed = 0,
) -> None:
    """Kill the engine under load, and compare every answer with the one without kills.

    Further arguments are those of `trivium serve`. Exits with 1 if an answer was lost, if the engine still holds
    something at the end, or if an answer differs although --deterministic is given.
    """
    from benchmarks.faults.benchmark import kill_under_load
    from benchmarks.faults.calls import make_calls
    from benchmarks.soak.mix import load_rows

    calls = make_calls(load_rows(mix), clients)
    outcome = asyncio.run(kill_under_load(model, calls, kills=kills, seed=seed, arguments=context.args))
    _report_faults(outcome, exact="--deterministic" in context.args)


@app.command(context_settings=PASS_ON)
def mixed_faults(
    context: typer.Context,
    chat: Annotated[str, typer.Option(help="The language model. Default: the default model.")] = "",
    speech: Annotated[str, typer.Option(help="The speech model.")] = "whisper-base",
    shape: Annotated[str, typer.Option(help="The shape of the translation model: opus-mt or nllb-600m.")] = "opus-mt",
    recordings: Annotated[Path | None, typer.Option(help="Directory of audio files. Default: made-up sounds.")] = None,
    kills: Annotated[int, typer.Option(help="How often an engine is killed.", min=1)] = 6,
    clients: Annotated[int, typer.Option(help="Clients at once.", min=3)] = 30,
    seed: Seed = 0,
) -> None:
    """Serve a language model, a translation model of random weights and a speech model, and kill their engines in turn.

    Further arguments and the exit are those of `faults`.
    """
    from benchmarks.encoder_decoder.shapes import write_checkpoint
    from benchmarks.faults.benchmark import kill_under_load
    from benchmarks.faults.mixed import CHAT, SPEECH, TRANSLATOR, make_mixed_calls, read_recordings

    calls = make_mixed_calls(shape, clients, read_recordings(recordings))
    with tempfile.TemporaryDirectory() as directory:
        write_checkpoint(shape, Path(directory))
        sources = {CHAT: chat or default_source(), TRANSLATOR: directory, SPEECH: speech}
        first, *others = (f"{name}={source}" for name, source in sources.items())
        arguments = [flag for other in others for flag in ("--model", other)] + context.args
        run = kill_under_load(first, calls, kills=kills, seed=seed, arguments=arguments, models=list(sources))
        outcome = asyncio.run(run)
    _report_faults(outcome, exact="--deterministic" in context.args)


@app.command(context_settings=PASS_ON)
def many_models(
    context: typer.Context,
    chat: Annotated[str, typer.Option(help="The language model. Default: the default model.")] = "",
    embedder: Annotated[str, typer.Option(help="The embedder.")] = "all-minilm-l6-v2",
    reader: Annotated[
        str, typer.Option(help="The reader. Default: the embedder with a random span head, for memory and load only.")
    ] = "",
    clients: Annotated[int, typer.Option(help="Clients at once.", min=4)] = 32,
    rounds: Annotated[int, typer.Option(help="How often each model is unloaded and loaded again.", min=1)] = 3,
    pause: Annotated[float, typer.Option(help="Seconds between two changes.", min=0)] = 2.0,
) -> None:
    """Serve three models by one command, and unload and load each of them under traffic.

    Further arguments are those of `trivium serve`. Exits with 1 if a request was lost or something is left behind.
    """
    from benchmarks.many_models.benchmark import CHAT, EMBEDDER, READER, load_and_unload
    from benchmarks.many_models.untrained_reader import write_untrained_reader

    with tempfile.TemporaryDirectory() as directory:
        if not reader:
            encoder = open_store(Settings.load()).ensure(embedder).path
            reader = str(write_untrained_reader(encoder, Path(directory) / "reader"))
        sources = {CHAT: chat or default_source(), EMBEDDER: embedder, READER: reader}
        run = load_and_unload(sources, clients=clients, rounds=rounds, pause=pause, arguments=context.args)
        outcome = asyncio.run(run)
    _report(outcome.table(), details=outcome.tally.lost[:_MOST_LINES], failures=outcome.failures())


def _report_faults(outcome: "FaultsOutcome", *, exact: bool) -> None:
    details = [*outcome.lost[:_MOST_LINES], *outcome.different[:_MOST_LINES]]
    _report(outcome.table(), details=details, failures=outcome.failures(exact=exact))


def _report(table: str, details: list[str], failures: list[str]) -> None:
    """Print everything, and exit with 1 if there are failures."""
    print(table)
    for line in details:
        print(line)
    for failure in failures:
        print(f"FAILED: {failure}")
    raise typer.Exit(1 if failures else 0)
