"""A child process as the API process sees it: started at once, configured later.

Importing torch takes the child process seconds, and the API process can use them for its own imports. So this module
imports next to nothing.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Self

from service.control_groups.oom import OomKills


class ChildProcess:
    """Owns the process and the directory of its sockets. The process ends with its parent, or earlier."""

    def __init__(self, worker: str) -> None:
        """Start the process. ``worker`` is the module that it runs."""
        self.worker = worker
        self._oom_kills = OomKills()
        self.directory = tempfile.mkdtemp(prefix="trivium-")  # mode 0700: only the user can read it
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
        """Send the config that the process waits for: a ``WorkerConfig`` as JSON."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # the process has ended; ``wait`` returns its exit code
            self._process.stdin.write(config)
            self._process.stdin.close()

    def wait(self) -> int:
        """Block until the process ends. Return its exit code, or minus the number of the signal that killed it."""
        return self._process.wait()

    @property
    def lacked_memory(self) -> bool:
        """Whether the kernel's out-of-memory killer has ended a process since this one was started."""
        return self._oom_kills.happened

    def kill(self) -> None:
        """Kill the process with SIGKILL."""
        self._process.kill()

    def dump_stacks(self) -> None:
        """Ask the process to write the stacks of its threads to ``stacks``. A stopped process does not react."""
        self._process.send_signal(signal.SIGUSR1)

    @property
    def stacks(self) -> str:
        """The stacks of its threads at a crash or at ``dump_stacks``: files, lines and functions, no values."""
        try:
            return Path(self.directory, "stacks").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def close(self) -> None:
        """Kill the process if it runs, and remove the directory. Idempotent."""
        self._process.kill()
        with suppress(BrokenPipeError), self._process:  # closes its standard input, and waits
            pass
        shutil.rmtree(self.directory, ignore_errors=True)
