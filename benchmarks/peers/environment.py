"""The place where a peer is installed: a directory in the user's cache, with a virtual environment and a log."""

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_path


class InstallFailed(Exception):
    """A peer could not be installed. The message ends with the end of the log."""


class Environment:
    """A peer's directory. Each step of an installation is done once.

    A step that succeeds leaves a marker file, so that it is not repeated. An interrupted step starts again.
    """

    def __init__(self, name: str, root: Path | None = None) -> None:
        self.path = (root or user_cache_path("trivium") / "peers") / name
        self.bin = self.path / "venv" / "bin"
        self.log = self.path / "install.log"

    def do_once(self, step: str, action: Callable[[], None]) -> None:
        """Run ``action`` unless a step with this name has succeeded before, in this process or another one."""
        self.path.mkdir(parents=True, exist_ok=True)
        marker = self.path / f"{step}.done"
        with FileLock(self.path / "lock"):
            if not marker.exists():
                action()
                marker.touch()

    def create_venv(self, *requirements: str) -> None:
        """Create the virtual environment anew, with these packages. Raises InstallFailed."""
        self.run(sys.executable, "-m", "venv", "--clear", str(self.path / "venv"))
        self.pip("install", *requirements)

    def pip(self, command: str, *arguments: str) -> None:
        """Run pip in the virtual environment. Raises InstallFailed."""
        self.run(str(self.bin / "python"), "-m", "pip", command, *arguments)

    def run(self, *command: str) -> None:
        """Run a command in the peer's directory, with its output in the log. Raises InstallFailed."""
        with self.log.open("ab") as log:
            log.write(f"$ {' '.join(command)}\n".encode())
            log.flush()
            start = log.tell()
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
            output = self.log.read_bytes()[start:].decode(errors="replace").strip()
            raise InstallFailed(f"{Path(command[0]).name} ended with {code}, see {self.log}: {output[-600:]}")


def our_version(package: str) -> str:
    """The version of a package that Trivium runs with. Peers get the same one, so that it makes no difference."""
    return version(package).partition("+")[0]


TORCH = f"torch=={our_version('torch')}"
