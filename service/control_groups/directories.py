"""Where the control groups of this process are in the file system: its own, and those around it."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

ROOT = Path("/")
_OCTAL = re.compile(r"\\([0-7]{3})")  # of spaces and the like in mountinfo


def directories(controller: str, root: Path = ROOT) -> list[Path]:
    """The group of this process for a controller such as "memory", and the groups around it, the outermost last.

    A limit of any of them holds. Version 1 has a hierarchy for each controller, version 2 one for all; a machine with
    both counts memory in version 1. A container sees the groups from its own inwards. ``root`` is the directory that
    has ``proc`` and ``sys``. Empty where there are no control groups.
    """
    mounts = _mounts(root)
    for name in (controller, ""):  # version 2 has the empty name
        path, mount = _paths(root).get(name), mounts.get(name)
        if path is not None and mount is not None:
            return list(_upwards(*mount, path))
    return []


def _upwards(mounted: PurePosixPath, point: Path, path: PurePosixPath) -> Iterator[Path]:
    """The directories from the group ``path`` up to the mount ``point``, where the group ``mounted`` is."""
    own = point
    if path.is_relative_to(mounted) and ".." not in path.parts:
        inner = point / path.relative_to(mounted)
        own = inner if inner.is_dir() else point  # in a container the path may be that of the host
    yield own
    while own != point:
        own = own.parent
        yield own


def _paths(root: Path) -> dict[str, PurePosixPath]:
    """The path of this process's group for each controller, and for "" that of version 2."""
    paths = {}
    for line in _lines(root / "proc/self/cgroup"):
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        for name in controllers.split(","):
            paths[name] = PurePosixPath(path)
    return paths


def _mounts(root: Path) -> dict[str, tuple[PurePosixPath, Path]]:
    """For each controller, and for "" of version 2: the group that is mounted, and where."""
    mounts: dict[str, tuple[PurePosixPath, Path]] = {}
    for line in _lines(root / "proc/self/mountinfo"):
        place, _, system = line.partition(" - ")
        fields, kind = place.split(" "), system.split(" ")
        if len(fields) < 5 or kind[0] not in ("cgroup", "cgroup2"):
            continue
        mounted, point = (_OCTAL.sub(lambda found: chr(int(found[1], 8)), each) for each in fields[3:5])
        names = [""] if kind[0] == "cgroup2" else kind[-1].split(",")
        for name in names:
            mounts.setdefault(name, (PurePosixPath(mounted), root / point.lstrip("/")))
    return mounts


def _lines(path: Path) -> list[str]:
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text(encoding="utf-8").splitlines()
    return []
