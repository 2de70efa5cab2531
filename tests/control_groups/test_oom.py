"""Kills of the kernel's out-of-memory killer: told by its counts, and tried with a real limit where one can be set."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from service.control_groups.directories import directories
from service.control_groups.oom import OomKills
from tests.control_groups.fake_tree import V1_MOUNTS, describe, fake_control_groups, write

LIMIT = 200 << 20


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("sys/fs/cgroup/memory.events", "low 0\noom 1\noom_kill 1\n", "low 0\noom 2\noom_kill 2\n"),
        ("proc/vmstat", "pgfault 1\noom_kill 1\n", "pgfault 2\noom_kill 2\n"),
    ],
)
def test_a_kill_is_counted(tmp_path: Path, file: str, before: str, after: str) -> None:
    fake_control_groups(tmp_path, {})
    (tmp_path / file).write_text(before, encoding="ascii")
    kills = OomKills(tmp_path)
    assert not kills.happened
    (tmp_path / file).write_text(before.replace("low 0", "low 9").replace("pgfault 1", "pgfault 9"), encoding="ascii")
    assert not kills.happened
    (tmp_path / file).write_text(after, encoding="ascii")
    assert kills.happened


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n", "oom_kill_disable 0\noom_kill 1\n"),
        ("memory.failcnt", "7", "8"),  # an old kernel
    ],
)
def test_a_kill_is_counted_by_version_1(tmp_path: Path, file: str, before: str, after: str) -> None:
    describe(tmp_path, "4:memory:/a", V1_MOUNTS)
    group = tmp_path / "sys/fs/cgroup/memory/a"
    write(group, {"memory.oom_control": "oom_kill_disable 0\nunder_oom 0\n"} | {file: before})
    kills = OomKills(tmp_path)
    assert not kills.happened
    write(group, {file: after})
    assert kills.happened


def test_reaching_the_limit_is_no_kill_where_kills_are_counted(tmp_path: Path) -> None:
    describe(tmp_path, "4:memory:/a", V1_MOUNTS)
    group = tmp_path / "sys/fs/cgroup/memory/a"
    write(group, {"memory.oom_control": "oom_kill 0\n", "memory.failcnt": "7"})
    kills = OomKills(tmp_path)
    write(group, {"memory.failcnt": "8"})
    assert not kills.happened


def test_without_control_groups_nothing_is_known(tmp_path: Path) -> None:
    assert not OomKills(tmp_path).happened


@pytest.fixture
def limited_group() -> Iterator[Path]:
    """A real control group with a limit, if this user may make one within the group of this process."""
    own = directories("memory")
    if not own:
        pytest.skip("this machine has no control groups for memory")
    group = own[0] / f"trivium-test-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"this user may not make a control group in {own[0]}: {error.strerror}")
    try:
        names = ("memory.max", "memory.limit_in_bytes")
        file = next((group / name for name in names if (group / name).exists()), None)
        if file is None:
            pytest.skip(f"groups in {own[0]} have no limit of memory: the controller is not delegated")
        file.write_text(str(LIMIT), encoding="ascii")
        for name, most in (("memory.swap.max", "0"), ("memory.memsw.limit_in_bytes", str(LIMIT))):
            with suppress(OSError):  # a machine without swap may have no such file
                if (group / name).exists():
                    (group / name).write_text(most, encoding="ascii")
        yield group
    finally:
        group.rmdir()


def test_a_child_that_the_kernel_kills_is_told_from_one_that_somebody_kills(limited_group: Path) -> None:
    code = f"""
import os, subprocess, sys
with open({str(limited_group / "cgroup.procs")!r}, "w") as procs:
    procs.write(str(os.getpid()))
from service.control_groups.memory import memory_limit, spare_memory
from service.control_groups.oom import OomKills

kills = OomKills()
for work in ("import os; os.kill(os.getpid(), 9)", "x = bytearray({2 * LIMIT})"):
    print(subprocess.run([sys.executable, "-c", work]).returncode, kills.happened)
print(memory_limit(), 0 < spare_memory() < {LIMIT})
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.splitlines() == ["-9 False", "-9 True", f"{LIMIT} True"]
