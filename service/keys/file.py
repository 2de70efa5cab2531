"""Where keys are kept: a JSON file of theirs, never of their secrets.

It is replaced as a whole, so whoever reads it finds all keys of one moment. Who serves looks at it again and again, and
what has changed holds within a second.
"""

import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import filelock
import msgspec

from service.errors import KeyFileError
from service.keys.key import Key
from service.keys.ring import Ring

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0  # between two looks at the file
_LOCK_SECONDS = 10.0  # to wait for another who writes


class _Contents(msgspec.Struct, forbid_unknown_fields=True):
    keys: list[Key]


class KeyFile:
    """The file at ``path``, which ``add`` makes if it is not there. All methods raise KeyFileError."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser()

    def read(self) -> list[Key]:
        """All keys, in the order they were added."""
        try:
            return _decode(self.path.read_bytes())
        except OSError as error:
            raise KeyFileError(f"keys_file: cannot read {self.path}: {error.strerror}") from None
        except (msgspec.DecodeError, ValueError) as error:
            raise KeyFileError(f"keys_file: {self.path} is not a file of keys: {error}") from None

    def add(self, key: Key) -> None:
        """Keep one more. Its name must be new."""

        def added(keys: list[Key]) -> list[Key]:
            if any(each.name == key.name for each in keys):
                raise KeyFileError(f"there is a key of the name {key.name} already; revoke it first")
            return [*keys, key]

        self._change(added)

    def revoke(self, name: str) -> None:
        """Forget the key of this name."""

        def others(keys: list[Key]) -> list[Key]:
            if not any(each.name == name for each in keys):
                raise KeyFileError(f"there is no key of the name {name}")
            return [each for each in keys if each.name != name]

        self._change(others)

    def version(self) -> tuple[int, int, int] | None:
        """Differs when the file does; None while there is none."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _change(self, change: Callable[[list[Key]], list[Key]]) -> None:
        try:
            with filelock.FileLock(f"{self.path}.lock", timeout=_LOCK_SECONDS, mode=0o600):
                keys = change(self.read() if self.path.exists() else [])
                _replace(self.path.resolve(), _encode(keys))
        except filelock.Timeout:
            raise KeyFileError(f"keys_file: somebody else is writing {self.path}") from None
        except OSError as error:
            raise KeyFileError(f"keys_file: cannot write {self.path}: {error.strerror}") from None
        except msgspec.ValidationError as error:
            raise KeyFileError(str(error)) from None


class WatchedKeys:
    """The keys of a file as they are now. A file that cannot be read any more leaves those that were read before.

    Raises KeyFileError if it cannot be read at first.
    """

    def __init__(self, file: KeyFile) -> None:
        self._file = file
        self._version = file.version()
        self._ring = Ring(file.read())
        self._looked = time.monotonic()

    def ring(self) -> Ring:
        """Looks at the file once a second at most."""
        now = time.monotonic()
        if now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            self._look()
        return self._ring

    def _look(self) -> None:
        version = self._file.version()  # before it is read: what comes between is seen at the next look
        if version == self._version:
            return
        self._version = version
        try:
            self._ring = Ring(self._file.read())
        except KeyFileError as error:
            logger.error("%s; the keys that were read before hold", error)
        else:
            logger.info("keys are read again: there are %d", len(list(self._ring)))


def _encode(keys: Iterable[Key]) -> bytes:
    """The file's bytes. Raises msgspec.ValidationError for what could not be read again."""
    data = msgspec.json.encode({"keys": list(keys)}, order="deterministic")
    _decode(data)
    return msgspec.json.format(data, indent=2) + b"\n"


def _decode(data: bytes) -> list[Key]:
    keys = msgspec.json.decode(data, type=_Contents).keys
    for what in ("name", "digest"):
        if len({getattr(key, what) for key in keys}) < len(keys):
            raise ValueError(f"two keys have the same {what}")
    return keys


def _replace(path: Path, data: bytes) -> None:
    """Readers find the old file or the new one, also after a loss of power. Only the owner may read it."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # it has mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
