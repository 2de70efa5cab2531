"""Numbers in the files of control groups and of ``/proc``. A file or a number that is missing is None."""

from contextlib import suppress
from pathlib import Path


def number(path: Path) -> int | None:
    """The number that is the whole file. None also for "max", which means no limit."""
    with suppress(OSError, ValueError):
        return int(path.read_text(encoding="ascii"))
    return None


def table(path: Path) -> dict[str, int]:
    """The numbers of a file with a name and a number in each line. Units behind the numbers are left out."""
    values = {}
    with suppress(OSError, UnicodeDecodeError):
        for line in path.read_text(encoding="ascii").splitlines():
            words = line.split()
            if len(words) >= 2 and words[1].isdecimal():
                values[words[0].rstrip(":")] = int(words[1])
    return values


def least(*values: int | None) -> int | None:
    """The least of the values that are there."""
    return min((value for value in values if value is not None), default=None)
