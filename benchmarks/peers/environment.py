"""Where a peer is installed: a directory of its own in the user's cache, with a virtual environment and a log."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path

TORCH = "torch==2.13.0"  # the release that we run with, so that it makes no difference


class InstallFailed(Exception):
    """A peer could not be installed; the message ends with the log's last words."""


class Environment:
    """What is done in it is done once: what has succeeded leaves a mark, what was interrupted begins again."""

    def __init__(self, name: str, root: Path | None = None) -> None:
        self.path = (root or user_cache_path("trivium") / "peers") / name
        self.bin = self.path / "venv" / "bin"
        self.log = self.path / "install.log"

    def once(self, step: str, do: Callable[[], None]) -> None:
        """``do`` unless this step was done before, here or by another process. Another name is another step."""
        self.path.mkdir(parents=True, exist_ok=True)
        done = self.path / f"{step}.done"
        with FileLock(self.path / "lock"):
            if not done.exists():
                do()
                done.touch()

    def create(self, *requirements: str) -> None:
        """The virtual environment, made anew, with these packages."""
        self.run(sys.executable, "-m", "venv", "--clear", str(self.path / "venv"))
        self.pip("install", *requirements)

    def pip(self, command: str, *arguments: str) -> None:
        self.run(str(self.bin / "python"), "-m", "pip", command, *arguments)

    def run(self, *command: str) -> None:
        """Run in the environment's directory, everything said into the log. Raises InstallFailed."""
        with self.log.open("ab") as log:
            log.write(f"$ {' '.join(command)}\n".encode())
            log.flush()
            begin = log.tell()
            try:
                code = subprocess.run(
                    command,
                    cwd=self.path,
                    env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "HF_HUB_OFFLINE": "1"},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                ).returncode
            except OSError as error:
                raise InstallFailed(f"{command[0]} does not run: {error}") from None
        if code:
            said = self.log.read_bytes()[begin:].decode(errors="replace").strip()
            raise InstallFailed(f"{Path(command[0]).name} ended with {code}, see {self.log}: {said[-600:]}")
