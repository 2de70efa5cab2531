"""Any other server, given by the command that starts it."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.peer import Launch


@dataclass(frozen=True, slots=True)
class Rival:
    """In ``origin``, its command, {port} stands for the port."""

    name: str
    origin: str

    def install(self) -> None:
        """Whoever gives the command has done it."""

    def launch(self, model: Path) -> Launch:
        return Launch(lambda port: shlex.split(self.origin.replace("{port}", str(port))))
