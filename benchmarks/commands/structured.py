"""Structured output beside free text."""

from typing import Annotated

import typer

from benchmarks.commands.options import PASS_ON, Rounds, ServedModel, Tolerance
from benchmarks.commands.peer_options import FurtherPeers, Rivals, find_model, parse_peers

app = typer.Typer()


@app.command(context_settings=PASS_ON)
def structured(
    context: typer.Context,
    model: ServedModel = "",
    peers: FurtherPeers = "",
    rival: Rivals = None,
    streams: Annotated[int, typer.Option(help="Requests at once.", min=1)] = 16,
    tokens: Annotated[int, typer.Option(help="Most tokens of an output.", min=2)] = 256,
    rounds: Rounds = 3,
    tolerance: Tolerance = 0.15,
) -> None:
    """Measure structured output beside free text of the same lengths, here and by other servers.

    Further arguments are those of `trivium serve`.
    """
    from benchmarks.structured.benchmark import measure

    source, path = find_model(model)
    measure(
        source,
        path,
        parse_peers(peers, rival),
        num_streams=streams,
        tokens=tokens,
        rounds=rounds,
        tolerance=tolerance,
        arguments=context.args,
    )
