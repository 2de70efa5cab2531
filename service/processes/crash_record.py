"""What a child process is computing, where its parent finds it when the child is gone.

A file in memory, in the directory that both share: a few microseconds for each step, and no signal can keep it from
being read. It holds ids, never tokens.
"""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

_SIZE = 1 << 20
_LENGTH = 4  # bytes of the number before the ids; 0 while nothing is computed


class Record:
    """The child's side."""

    def __init__(self, directory: str) -> None:
        with _path(directory).open("w+b") as file:
            file.truncate(_SIZE)
            self._memory = mmap.mmap(file.fileno(), _SIZE)

    @contextmanager
    def computing(self, ids: list[str]) -> Iterator[None]:
        """Until the block ends these are being computed; if it raises, until others are.

        An exception may be the process's last. More of them than there is room for are nobody.
        """
        data = msgspec.msgpack.encode(ids)
        if _LENGTH + len(data) <= _SIZE:
            self._memory[_LENGTH : _LENGTH + len(data)] = data
            self._memory[:_LENGTH] = len(data).to_bytes(_LENGTH, "little")
        yield
        self._memory[:_LENGTH] = bytes(_LENGTH)


def computed(directory: str) -> list[str]:
    """The parent's side: what the child was computing when it died."""
    try:
        data = _path(directory).read_bytes()
        return msgspec.msgpack.decode(
            data[_LENGTH : _LENGTH + int.from_bytes(data[:_LENGTH], "little")], type=list[str]
        )
    except (OSError, msgspec.DecodeError):
        return []  # it never began to, or was about to say


def _path(directory: str) -> Path:
    return Path(directory) / "computing"
