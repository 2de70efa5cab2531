"""The directory in which files and batches survive a restart. One process uses it at a time."""

import os
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import IO

from service.errors import StorageError
from service.storage.locked_directory import LockedDirectory

_PART = ".part"  # the end of the name of a file that is being written


class Directory:
    """``path`` holds one database, and a file for each stored file.

    Raises StorageError if it cannot be used, or another process uses it.
    """

    def __init__(self, path: Path) -> None:
        self._locked = LockedDirectory(path, setting="batches_dir")
        self._files = self._locked.path / "files"
        try:
            self._files.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            self._locked.close()
            raise StorageError(f"batches_dir: cannot use {self._files}: {error.strerror}") from None

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self._locked.path / "batches.sqlite"

    def content(self, id: str) -> Path:
        """The bytes of the file with this id."""
        return self._files / id

    def new_part(self) -> tuple[Path, IO[bytes]]:
        """A new, empty file to write into, and its path. ``keep`` gives it its name."""
        path = self._files / (secrets.token_hex(16) + _PART)
        return path, os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")

    def keep(self, part: Path, id: str) -> None:
        """Make a closed part the content of the file ``id``."""
        part.rename(self.content(id))

    def remove(self, id: str) -> None:
        """Remove the bytes of a file."""
        self.content(id).unlink(missing_ok=True)

    def remove_all_but(self, ids: Collection[str]) -> None:
        """Remove what a killed process has left: parts, and files that are in no record."""
        for path in self._files.iterdir():
            if path.name not in ids:
                path.unlink()

    def close(self) -> None:
        """Let another process use the directory."""
        self._locked.close()
