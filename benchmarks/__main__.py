"""``python -m benchmarks``: what is measured, one subcommand each."""

from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import frontend
from benchmarks.cases import CASES, Case, chosen, poisson
from benchmarks.peers.peer import Peer
from benchmarks.peers.rival import Rival
from benchmarks.peers.roster import PEERS
from service.engine.types import EngineConfig
from service.flags import with_settings
from service.settings import Settings, SettingsError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)

Rounds = Annotated[int, typer.Option(help="Turns of each.", min=1)]
Tolerance = Annotated[float, typer.Option(help="Cores that others may keep busy during a turn that counts.", min=0)]
Names = Annotated[
    str, typer.Option("--cases", help="Which loads, with commas; streams-N is N of 128 tokens in, 128 out. Empty: all.")
]
Mix = Annotated[Path | None, typer.Option(help="JSON Lines of prompts for the case 'poisson'.")]
Rate = Annotated[float, typer.Option(help="Requests a second of 'poisson'.", min=0.01)]
Requests = Annotated[int, typer.Option(help="Requests of 'poisson' in a round.", min=1)]
Peers = Annotated[
    str | None, typer.Option("--peers", help=f"With commas, of {', '.join(PEERS)}. By default all; '' for none.")
]


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def serving(
    context: typer.Context,
    model: Annotated[str, typer.Option(help="What to serve, or the model's name at --url.")] = "",
    url: Annotated[str | None, typer.Option(help="Measure this OpenAI-compatible server instead.")] = None,
    cases: Names = "",
    rounds: Rounds = 3,
    tolerance: Tolerance = 0.15,
    mix: Mix = None,
    rate: Rate = 2.0,
    requests: Requests = 64,
) -> None:
    """The real server over HTTP. Further arguments are those of `trivium serve`."""
    from benchmarks import serving as measured

    model = model or ("" if url else Settings.load().model)
    measured.measure(model, url, _cases(cases, mix, rate, requests), rounds, tolerance, context.args)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def peers(
    context: typer.Context,
    model: Annotated[str, typer.Option(help="What to serve.")] = "",
    peers: Peers = None,
    rival: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=COMMAND", help="Another server of the model; {port} is its port. Repeat it."),
    ] = None,
    cases: Names = "",
    rounds: Rounds = 2,
    tolerance: Tolerance = 0.15,
    mix: Mix = None,
    rate: Rate = 2.0,
    requests: Requests = 64,
) -> None:
    """The real server and others by turns, with ratios. Further arguments are those of `trivium serve`."""
    from benchmarks.peers import comparison
    from service.server import open_store

    beside = [*_peers(peers), *map(_rival, rival or ())]
    if not beside:
        raise typer.BadParameter("nothing to compare with: name peers or a rival")
    loads = _cases(cases, mix, rate, requests)
    settings = Settings.load({"model": model} if model else {})
    path = open_store(settings).ensure(settings.model).path
    comparison.measure(settings.model, path, beside, loads, rounds, tolerance, context.args)


@app.command()
def install_peers(peers: Peers = None) -> None:
    """Install the peers and measure nothing; `peers` does it too."""
    from benchmarks.peers.environment import InstallFailed

    failed = False
    for peer in _peers(peers):
        try:
            peer.install()
            typer.echo(f"{peer.name}: {peer.origin}")
        except InstallFailed as error:
            failed = True
            typer.echo(f"{peer.name}: {error}", err=True)
    raise typer.Exit(failed)


@app.command()
def charts(
    files: Annotated[list[Path], typer.Argument(help="Results that the other commands wrote.", exists=True)],
    name: Annotated[str, typer.Option(help="What the charts' names begin with.")] = "peers",
) -> None:
    """Draw results as SVG beside them: over the number of streams, and by case."""
    from benchmarks import charts as drawn
    from benchmarks.report import RESULTS

    for path in drawn.draw(files, RESULTS, name):
        typer.echo(path)


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

    _, config = _engine_config(model, flags)
    measured.measure(
        config,
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

    _, config = _engine_config(model, flags)
    measured.measure(
        config,
        batches=_numbers(batch),
        contexts=_numbers(context),
        steps=steps,
        products=products,
        rounds=rounds,
        tolerance=tolerance,
    )


def _cases(names: str, mix: Path | None, rate: float, requests: int) -> dict[str, Case]:
    try:
        return chosen(names, CASES | ({"poisson": poisson(mix, rate, requests)} if mix else {}))
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None


def _peers(names: str | None) -> list[Peer]:
    wanted = list(PEERS) if names is None else [name for name in names.split(",") if name]
    if unknown := set(wanted) - set(PEERS):
        raise typer.BadParameter(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(PEERS)}")
    return [PEERS[name] for name in wanted]


def _rival(given: str) -> Rival:
    name, equals, command = given.partition("=")
    if not (name and equals and command):
        raise typer.BadParameter(f"{given!r} is not NAME=COMMAND")
    return Rival(name, command)


@app.command()
@with_settings("Model")
def quantization(
    data: Annotated[Path, typer.Option(help="Directory of the texts; benchmarks/README.md says which.")],
    model: Annotated[str | None, typer.Argument(help="A directory, a catalogue name or a hub id.")] = None,
    kinds: Annotated[
        str, typer.Option(help="Kinds of weights, with commas; the others are compared with the first.")
    ] = "float32,bfloat16,int8",
    tokens: Annotated[int, typer.Option(help="Tokens of text in each language.", min=1)] = 2048,
    prompts: Annotated[int, typer.Option(help="Prompts that are answered.", min=1)] = 24,
    output_tokens: Annotated[int, typer.Option(help="Longest answer.", min=1)] = 64,
    **flags: Any,
) -> None:
    """What a kind of weights costs in quality: perplexity in three languages, and greedy answers."""
    from benchmarks import quantization as measured
    from benchmarks import texts

    chosen = _chosen(measured.KINDS, kinds)
    if missing := texts.missing(data):
        raise typer.BadParameter(f"{data} lacks {', '.join(missing)}")
    settings, config = _engine_config(model, flags)
    measured.measure(
        config,
        name=settings.model,
        data=data,
        kinds=list(chosen),
        tokens=tokens,
        prompts=prompts,
        output_tokens=output_tokens,
    )


def _engine_config(model: str | None, flags: dict[str, Any]) -> tuple[Settings, EngineConfig]:
    """The engine's configuration for ``model``, which is fetched if it is not there."""
    if model is not None:
        flags["model"] = model
    try:
        settings = Settings.load(flags)
    except SettingsError as error:
        raise typer.BadParameter(str(error)) from None
    from service.server import open_store

    return settings, settings.engine_config(open_store(settings).ensure(settings.model))


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
