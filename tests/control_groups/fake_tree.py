"""A directory with the files of ``/proc`` and ``/sys`` that tell of control groups."""

from collections.abc import Mapping
from pathlib import Path

V2_MOUNT = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate"
V1_MOUNTS = "\n".join(
    [
        "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755",
        "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
        "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
        "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
    ]
)


def fake_control_groups(root: Path, own: Mapping[str, str], *, path: str = "/") -> None:
    """The files ``own`` of this process's group, which is ``path`` in a hierarchy of version 2."""
    describe(root, f"0::{path}", V2_MOUNT)
    write(root / "sys/fs/cgroup" / path.lstrip("/"), own)


def describe(root: Path, groups: str, mounts: str) -> None:
    """The lines of ``/proc/self/cgroup`` and ``/proc/self/mountinfo``."""
    write(root / "proc/self", {"cgroup": f"{groups}\n", "mountinfo": f"22 1 8:1 / / rw - ext4 /dev/sda rw\n{mounts}\n"})


def write(directory: Path, files: Mapping[str, str]) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")
