"""The address file: a running service says where it listens, and the health check of its container reads that.

Each service of a user has a file of its own in one directory, which belongs to this user alone. The service holds a
lock on its file. The lock ends with the process, however it ends, so a file without a lock is a remnant.
"""

import fcntl
import logging
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

logger = logging.getLogger(__name__)

_HIDDEN = "."  # a name that begins so is of a file that is not locked yet


class AddressFile:
    """Owns the file of this service until it is closed. Without a file the service runs, and its health check fails."""

    def __init__(self, url: str) -> None:
        """``url`` is where a client on this machine reaches the service."""
        self._path: Path | None = None
        self._file: int | None = None
        try:
            self._write(url)
        except OSError as error:
            self.close()
            reason = error.strerror or str(error)
            logger.warning("the health check will not find this service: cannot write %s: %s", _directory(), reason)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the file. Idempotent."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path = None
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _write(self, url: str) -> None:
        directory = _directory()
        with suppress(FileExistsError):
            directory.mkdir(mode=0o700)
        if not _is_ours(directory):
            raise PermissionError("it is no directory that only this user can write")
        list(running_services())  # removes remnants
        self._file, name = tempfile.mkstemp(prefix=_HIDDEN, dir=directory)
        self._path = Path(name)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        os.write(self._file, url.encode())
        self._path = self._path.rename(self._path.with_name(self._path.name.removeprefix(_HIDDEN)))


def running_services() -> Iterator[str]:
    """The URLs of all running services of this user on this machine, or in this container."""
    directory = _directory()
    if not _is_ours(directory):
        return
    for path in sorted(directory.iterdir()):
        if not path.name.startswith(_HIDDEN):
            with suppress(FileNotFoundError):  # the service has just ended
                if url := _read(path):
                    yield url


def _read(path: Path) -> str | None:
    """The URL in the file. None if no service holds the lock; the file is then removed."""
    with path.open(encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return file.read()
        path.unlink()
        return None


def _directory() -> Path:
    return Path(tempfile.gettempdir(), f"trivium-services-{os.getuid()}")


def _is_ours(directory: Path) -> bool:
    """Whether it is a directory of this user, in which nobody else can write."""
    try:
        found = directory.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022
