"""Any other server, given by the command that starts it."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.peer import Launch


@dataclass(frozen=True, slots=True)
class Rival:
    """A peer that is installed already. ``origin`` is its command, in which {port} stands for the port."""

    name: str
    origin: str

    def install(self) -> None:
        """Nothing to do: the author of the command has installed the server."""

    def launch(self, model: Path) -> Launch:
        """The command, split as a shell splits it. It names its model itself."""
        return Launch(lambda port: shlex.split(self.origin.replace("{port}", str(port))))
