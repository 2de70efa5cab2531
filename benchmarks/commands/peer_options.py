"""Options of the subcommands that measure other servers beside ours."""

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.commands.options import select_named
from benchmarks.peers.peer import Peer
from benchmarks.peers.registry import PEERS
from benchmarks.peers.rival import Rival
from service.settings import Settings
from service.store import open_store

Rivals = Annotated[
    list[str] | None,
    typer.Option("--rival", metavar="NAME=COMMAND", help="Another server; {port} is its port. Repeatable."),
]
_KNOWN = f"Peers, with commas: {', '.join(PEERS)}."
PeerNames = Annotated[str | None, typer.Option("--peers", help=f"{_KNOWN} Default: all; '' for none.")]
FurtherPeers = Annotated[str, typer.Option("--peers", help=f"{_KNOWN} Default: none.")]


def parse_peers(names: str | None, rivals: list[str] | None = None) -> list[Peer]:
    """The peers with these names, and the rivals. None stands for all peers, an empty string for no peer.

    Raises BadParameter.
    """
    known = [] if names == "" else list(select_named(PEERS, names or "").values())
    return [*known, *map(_parse_rival, rivals or ())]


def find_model(name: str) -> tuple[str, Path]:
    """The source and the directory of the model with this name, or of the default one. It is fetched if necessary."""
    settings = Settings.load({"model": name} if name else {})
    source = settings.model_specs()[0].source
    return source, open_store(settings).ensure(source).path


def _parse_rival(text: str) -> Rival:
    """The rival NAME=COMMAND. Raises BadParameter."""
    name, equals, command = text.partition("=")
    if not (name and equals and command):
        raise typer.BadParameter(f"{text!r} is not NAME=COMMAND")
    return Rival(name, command)
