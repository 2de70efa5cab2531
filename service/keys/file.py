"""The key file: a JSON file with the digests of secrets, never with the secrets.

The file is replaced as a whole, so a reader always finds the keys of one moment.
"""

import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import filelock
import msgspec

from service.errors import KeyFileError
from service.keys.key import Key

_LOCK_SECONDS = 10.0  # how long a change waits for another process that is changing the file


class _Contents(msgspec.Struct, forbid_unknown_fields=True):
    keys: list[Key]


class KeyFile:
    """The key file at ``path``. ``add`` creates the file if there is none. All methods raise KeyFileError."""

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
        """Add a key. Its name must be new."""

        def with_key(keys: list[Key]) -> list[Key]:
            if any(each.name == key.name for each in keys):
                raise KeyFileError(f"there is already a key with the name {key.name}; revoke it first")
            return [*keys, key]

        self._change(with_key)

    def revoke(self, name: str) -> None:
        """Remove the key with this name."""

        def without_key(keys: list[Key]) -> list[Key]:
            if not any(each.name == name for each in keys):
                raise KeyFileError(f"there is no key with the name {name}")
            return [each for each in keys if each.name != name]

        self._change(without_key)

    def version(self) -> tuple[int, int, int] | None:
        """A value that changes when the file changes. None while there is no file."""
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _change(self, change: Callable[[list[Key]], list[Key]]) -> None:
        try:
            with filelock.FileLock(f"{self.path}.lock", timeout=_LOCK_SECONDS, mode=0o600):
                keys = change(self.read() if self.path.exists() else [])
                _replace(self.path.resolve(), _encode(keys))
        except filelock.Timeout:
            raise KeyFileError(f"keys_file: another process is writing {self.path}") from None
        except OSError as error:
            raise KeyFileError(f"keys_file: cannot write {self.path}: {error.strerror}") from None
        except msgspec.ValidationError as error:
            raise KeyFileError(str(error)) from None


def _encode(keys: Iterable[Key]) -> bytes:
    """The contents of the file. Raises msgspec.ValidationError for keys that could not be read back."""
    data = msgspec.json.encode({"keys": list(keys)}, order="deterministic")
    _decode(data)
    return msgspec.json.format(data, indent=2) + b"\n"


def _decode(data: bytes) -> list[Key]:
    """The keys of the file's contents. Raises msgspec.DecodeError or ValueError."""
    keys = msgspec.json.decode(data, type=_Contents).keys
    for field in ("name", "digest"):
        if len({getattr(key, field) for key in keys}) < len(keys):
            raise ValueError(f"two keys have the same {field}")
    return keys


def _replace(path: Path, data: bytes) -> None:
    """Replace the file, so that readers find the old or the new contents, even after a power failure.

    Only the owner may read the file.
    """
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp sets mode 0600
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
