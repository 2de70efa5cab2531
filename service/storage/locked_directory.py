"""A directory that one process uses at a time."""

import fcntl
import os
from pathlib import Path

from service.errors import StorageError


class LockedDirectory:
    """Makes the directory and locks it. Only this user can read it.

    ``setting`` is the operator's name of it, for errors. Raises StorageError if it cannot be used, or another process
    uses it.
    """

    def __init__(self, path: Path, *, setting: str) -> None:
        self.path = path.expanduser()
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StorageError(f"{setting}: cannot use {self.path}: {error.strerror}") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise StorageError(f"{setting}: another process uses {self.path}") from None

    def close(self) -> None:
        """Let another process use the directory."""
        os.close(self._lock)
