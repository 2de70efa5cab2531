"""The engine process as its parent sees it: started at once, told later what to serve.

Importing torch takes it seconds, which its parent can use; so this file imports next to nothing.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Self


class ChildProcess:
    """Owns the process and the directory of its sockets. It ends at the latest when its parent does."""

    def __init__(self, worker: str) -> None:
        """``worker`` is the module that is the engine process."""
        self.worker = worker
        self.directory = tempfile.mkdtemp(prefix="trivium-")  # only its owner can look into it
        command = [sys.executable, "-m", worker, self.directory]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def configure(self, config: bytes) -> None:
        """What it waits for: an EngineConfig as JSON."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # if it has ended, ``wait`` tells how
            self._process.stdin.write(config)
            self._process.stdin.close()

    def wait(self) -> int:
        """Its exit code; minus the signal that killed it. Blocks."""
        return self._process.wait()

    def kill(self) -> None:
        """End it without asking."""
        self._process.kill()

    def dump(self) -> None:
        """Have it write where its threads are into ``stacks``. One that is stopped does not hear it."""
        self._process.send_signal(signal.SIGUSR1)

    @property
    def stacks(self) -> str:
        """Where its threads were when it crashed or was asked: files, lines and functions, no values."""
        try:
            return Path(self.directory, "stacks").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def close(self) -> None:
        """Kill it if it runs, and remove the directory. Idempotent."""
        self._process.kill()
        with suppress(BrokenPipeError), self._process:  # closes its standard input, and waits
            pass
        shutil.rmtree(self.directory, ignore_errors=True)
