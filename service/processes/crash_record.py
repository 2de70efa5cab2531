"""The ids of the requests that a child process is computing, where its parent can read them after a crash.

The record is a memory-mapped file in the directory that both processes share. Writing it takes a few microseconds for
each step, and no signal can keep the parent from reading it. It holds ids, never tokens.
"""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

_SIZE = 1 << 20  # bytes
_HEADER = 4  # bytes of the length of the ids; the length is 0 while nothing is computed


class CrashRecord:
    """The child process's side: writes the record."""

    def __init__(self, directory: str) -> None:
        with _path(directory).open("w+b") as file:
            file.truncate(_SIZE)
            self._memory = mmap.mmap(file.fileno(), _SIZE)

    @contextmanager
    def computing(self, ids: list[str]) -> Iterator[None]:
        """Record the ids while the block runs.

        If the block raises, the ids stay recorded until the next block: the exception may end the process. Ids that
        need more than a megabyte are not recorded.
        """
        data = msgspec.msgpack.encode(ids)
        if _HEADER + len(data) <= _SIZE:
            self._memory[_HEADER : _HEADER + len(data)] = data
            self._memory[:_HEADER] = len(data).to_bytes(_HEADER, "little")
        yield
        self._memory[:_HEADER] = bytes(_HEADER)


def read_crash_record(directory: str) -> list[str]:
    """The parent's side: the ids that the child process was computing when it ended; empty if there were none."""
    try:
        data = _path(directory).read_bytes()
        length = int.from_bytes(data[:_HEADER], "little")
        return msgspec.msgpack.decode(data[_HEADER : _HEADER + length], type=list[str])
    except (OSError, msgspec.DecodeError):
        return []  # nothing was computed, or the record was only half written


def _path(directory: str) -> Path:
    return Path(directory) / "computing"
