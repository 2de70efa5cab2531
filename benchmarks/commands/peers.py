"""Our server beside other servers."""

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
)
from benchmarks.commands.peer_options import PeerNames, Rivals, find_model, parse_peers

app = typer.Typer()


@app.command(context_settings=PASS_ON)
def peers(
    context: typer.Context,
    model: ServedModel = "",
    peers: PeerNames = None,
    rival: Rivals = None,
    cases: Cases = "",
    rounds: Rounds = 2,
    tolerance: Tolerance = 0.15,
    mix: Mix = None,
    rate: Rate = 2.0,
    requests: Requests = 64,
) -> None:
    """Measure the real server and other servers in turns. Further arguments are those of `trivium serve`."""
    from benchmarks.peers.benchmark import measure

    selected = parse_peers(peers, rival)
    if not selected:
        raise typer.BadParameter("nothing to compare with: name peers or a rival")
    selected_cases = parse_cases(cases, mix, rate, requests)
    source, path = find_model(model)
    measure(source, path, selected, selected_cases, rounds, tolerance, context.args)


@app.command()
def install_peers(peers: PeerNames = None) -> None:
    """Install the peers without a measurement. `peers` installs them too."""
    from benchmarks.peers.environment import InstallFailed

    failed = False
    for peer in parse_peers(peers):
        try:
            peer.install()
            typer.echo(f"{peer.name}: {peer.origin}")
        except InstallFailed as error:
            failed = True
            typer.echo(f"{peer.name}: {error}", err=True)
    raise typer.Exit(failed)
