"""Servers over HTTP: ours, and others beside it."""

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.commands.options import PASS_ON, Rounds, Tolerance
from benchmarks.peers.peer import Peer
from benchmarks.peers.registry import PEERS
from benchmarks.peers.rival import Rival
from benchmarks.serving.cases import CASES, Case, chosen, poisson
from service.settings import Settings

app = typer.Typer()

Names = Annotated[
    str, typer.Option("--cases", help="Which loads, with commas; streams-N is N of 128 tokens in, 128 out. Empty: all.")
]
Mix = Annotated[Path | None, typer.Option(help="JSON Lines of prompts for the case 'poisson'.")]
Rate = Annotated[float, typer.Option(help="Requests a second of 'poisson'.", min=0.01)]
Requests = Annotated[int, typer.Option(help="Requests of 'poisson' in a round.", min=1)]
Peers = Annotated[
    str | None, typer.Option("--peers", help=f"With commas, of {', '.join(PEERS)}. By default all; '' for none.")
]


@app.command(context_settings=PASS_ON)
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
    from benchmarks.serving import benchmark as measured

    model = model or ("" if url else Settings.load().model)
    measured.measure(model, url, _cases(cases, mix, rate, requests), rounds, tolerance, context.args)


@app.command(context_settings=PASS_ON)
def victims(
    context: typer.Context,
    model: Annotated[str, typer.Option(help="What to serve.")] = "",
    targets: Annotated[str, typer.Option(help="target_itl_ms of the servers, with commas. 0: none.")] = "200,0",
    streams: Annotated[int, typer.Option(help="Streams that are watched.", min=1)] = 8,
    output_tokens: Annotated[int, typer.Option(help="Tokens of each.", min=2)] = 256,
    prompt_tokens: Annotated[int, typer.Option(help="Tokens of each prompt that is sent meanwhile.", min=1)] = 4000,
    rounds: Rounds = 1,
    tolerance: Tolerance = 0.15,
) -> None:
    """Streams with and without a client that keeps sending long prompts. Further arguments: `trivium serve`'s."""
    from benchmarks.serving import victims as measured

    measured.measure(
        model or Settings.load().model,
        targets=[int(target) for target in targets.split(",")],
        streams=streams,
        output_tokens=output_tokens,
        prompt_tokens=prompt_tokens,
        rounds=rounds,
        tolerance=tolerance,
        arguments=context.args,
    )


@app.command(context_settings=PASS_ON)
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
    from benchmarks.peers import benchmark as comparison
    from service.store import open_store

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
    from benchmarks.report import charts as drawn
    from benchmarks.serving.results import RESULTS

    for path in drawn.draw(files, RESULTS, name):
        typer.echo(path)


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
