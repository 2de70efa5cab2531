"""Our server beside other servers."""

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
    parse_cases,
    select_named,
)
from benchmarks.peers.peer import Peer
from benchmarks.peers.registry import PEERS
from benchmarks.peers.rival import Rival
from service.settings import Settings
from service.store import open_store

app = typer.Typer()

PeerNames = Annotated[
    str | None, typer.Option("--peers", help=f"Peers, with commas: {', '.join(PEERS)}. Default: all; '' for none.")
]


@app.command(context_settings=PASS_ON)
def peers(
    context: typer.Context,
    model: ServedModel = "",
    peers: PeerNames = None,
    rival: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=COMMAND", help="Another server of the model; {port} is its port. Repeatable."),
    ] = None,
    cases: Cases = "",
    rounds: Rounds = 2,
    tolerance: Tolerance = 0.15,
    mix: Mix = None,
    rate: Rate = 2.0,
    requests: Requests = 64,
) -> None:
    """Measure the real server and other servers in turns. Further arguments are those of `trivium serve`."""
    from benchmarks.peers.benchmark import measure

    selected = [*_parse_peers(peers), *map(_parse_rival, rival or ())]
    if not selected:
        raise typer.BadParameter("nothing to compare with: name peers or a rival")
    selected_cases = parse_cases(cases, mix, rate, requests)
    settings = Settings.load({"model": model} if model else {})
    model = settings.model_specs()[0].source
    path = open_store(settings).ensure(model).path
    measure(model, path, selected, selected_cases, rounds, tolerance, context.args)


@app.command()
def install_peers(peers: PeerNames = None) -> None:
    """Install the peers without a measurement. `peers` installs them too."""
    from benchmarks.peers.environment import InstallFailed

    failed = False
    for peer in _parse_peers(peers):
        try:
            peer.install()
            typer.echo(f"{peer.name}: {peer.origin}")
        except InstallFailed as error:
            failed = True
            typer.echo(f"{peer.name}: {error}", err=True)
    raise typer.Exit(failed)


def _parse_peers(names: str | None) -> list[Peer]:
    """The peers with these names: all for None, none for an empty string. Raises BadParameter."""
    if names == "":
        return []
    return list(select_named(PEERS, names or "").values())


def _parse_rival(text: str) -> Rival:
    """The rival NAME=COMMAND. Raises BadParameter."""
    name, equals, command = text.partition("=")
    if not (name and equals and command):
        raise typer.BadParameter(f"{text!r} is not NAME=COMMAND")
    return Rival(name, command)
