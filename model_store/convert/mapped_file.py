"""A binary file that is mapped into memory, and read from its beginning on."""

import mmap
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any, Self


class MappedFile:
    """An open file: a context manager. Arrays of its numbers are valid until it closes."""

    def __init__(self, path: Path) -> None:
        """Raises ValueError if the file is empty."""
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._position = 0  # of what is read next

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with suppress(BufferError):  # an array, perhaps in a traceback, still uses the map; the last one closes it
            self._map.close()

    def _unpack(self, form: str) -> tuple[Any, ...]:
        """The next values, little-endian, as ``struct`` names them. Raises struct.error at the end of the file."""
        values = struct.unpack_from(f"<{form}", self._map, self._position)
        self._position += struct.calcsize(f"<{form}")
        return values
