"""Memory within the limits of control groups: both versions, nested groups, page cache."""

from pathlib import Path

import pytest

from service.control_groups.memory import memory_limit, spare_memory
from tests.control_groups.fake_tree import V1_MOUNTS, V2_MOUNT, describe, fake_control_groups, write

MIB = 1 << 20
NO_LIMIT = str(2**63 - 4096)  # of version 1


def mib(number: int) -> str:
    return f"{number * MIB}\n"


def v1(root: Path, *groups: dict[str, str]) -> None:
    """Groups of version 1, each within the one before. This process is in the last."""
    names = ["", "kubepods", "pod", "container"][: len(groups)]
    describe(root, f"4:memory:{'/'.join(names) or '/'}\n0::/", V1_MOUNTS)
    directory = root / "sys/fs/cgroup/memory"
    for name, files in zip(names, groups, strict=True):
        directory /= name
        write(directory, files)


def test_without_a_limit_there_is_none(tmp_path: Path) -> None:
    assert spare_memory(tmp_path) is memory_limit(tmp_path) is None
    fake_control_groups(tmp_path, {"memory.max": "max\n", "memory.high": "max\n", "memory.current": mib(5)})
    assert spare_memory(tmp_path) is memory_limit(tmp_path) is None


def test_version_1_without_a_limit_has_none(tmp_path: Path) -> None:
    stat = f"hierarchical_memory_limit {NO_LIMIT}\n"
    v1(tmp_path, {"memory.limit_in_bytes": NO_LIMIT, "memory.usage_in_bytes": mib(5), "memory.stat": stat})
    assert spare_memory(tmp_path) is memory_limit(tmp_path) is None


def test_what_is_used_is_not_spare(tmp_path: Path) -> None:
    fake_control_groups(tmp_path, {"memory.max": mib(700), "memory.current": mib(300)})
    assert (spare_memory(tmp_path), memory_limit(tmp_path)) == (400 * MIB, 700 * MIB)
    fake_control_groups(tmp_path, {"memory.max": mib(700), "memory.current": mib(800)})
    assert spare_memory(tmp_path) == 0


def test_the_limit_of_version_1(tmp_path: Path) -> None:
    v1(tmp_path, {}, {"memory.limit_in_bytes": mib(700), "memory.usage_in_bytes": mib(300)})
    assert (spare_memory(tmp_path), memory_limit(tmp_path)) == (400 * MIB, 700 * MIB)


def test_the_lower_of_the_two_limits_of_version_2_counts(tmp_path: Path) -> None:
    fake_control_groups(tmp_path, {"memory.max": mib(700), "memory.high": mib(600), "memory.current": mib(300)})
    assert (spare_memory(tmp_path), memory_limit(tmp_path)) == (300 * MIB, 600 * MIB)


def test_page_cache_is_spare_unless_it_is_mapped(tmp_path: Path) -> None:
    stat = {"anon": 55, "file": 600, "inactive_file": 400, "active_file": 200, "file_mapped": 100}
    text = "".join(f"{name} {count * MIB}\n" for name, count in (stat | {"slab_reclaimable": 5}).items())
    fake_control_groups(tmp_path, {"memory.max": mib(700), "memory.current": mib(655), "memory.stat": text})
    assert spare_memory(tmp_path) == (45 + 500 + 5) * MIB


def test_page_cache_of_version_1_includes_that_of_inner_groups(tmp_path: Path) -> None:
    stat = {"inactive_file": 1, "active_file": 1, "mapped_file": 1}
    stat |= {"total_inactive_file": 300, "total_active_file": 100, "total_mapped_file": 50}
    text = "".join(f"{name} {count * MIB}\n" for name, count in stat.items())
    v1(tmp_path, {}, {"memory.limit_in_bytes": mib(700), "memory.usage_in_bytes": mib(655), "memory.stat": text})
    assert spare_memory(tmp_path) == (45 + 350) * MIB


def test_more_cache_than_use_is_no_more_than_the_limit(tmp_path: Path) -> None:
    """The kernel's counts are not of one moment."""
    stat = f"inactive_file {mib(400)}"
    fake_control_groups(tmp_path, {"memory.max": mib(700), "memory.current": mib(300), "memory.stat": stat})
    assert spare_memory(tmp_path) == 700 * MIB


@pytest.mark.parametrize("tight", [0, 1, 2])
def test_the_group_that_leaves_least_counts_wherever_it_is(tmp_path: Path, tight: int) -> None:
    groups = ["", "/pod", "/pod/container"]
    describe(tmp_path, "0::/pod/container", V2_MOUNT)
    for level, group in enumerate(groups):
        limit = 700 if level == tight else 2000
        files = {"memory.max": mib(limit), "memory.current": mib(300)}
        write(tmp_path / f"sys/fs/cgroup{group}", files)
    assert (spare_memory(tmp_path), memory_limit(tmp_path)) == (400 * MIB, 700 * MIB)


def test_an_outer_group_may_be_fuller_than_its_limit_tells(tmp_path: Path) -> None:
    describe(tmp_path, "0::/pod/container", V2_MOUNT)
    write(tmp_path / "sys/fs/cgroup/pod", {"memory.max": mib(1000), "memory.current": mib(950)})
    write(tmp_path / "sys/fs/cgroup/pod/container", {"memory.max": mib(700), "memory.current": mib(100)})
    assert (spare_memory(tmp_path), memory_limit(tmp_path)) == (50 * MIB, 700 * MIB)


def test_version_1_tells_the_limit_of_groups_that_a_container_cannot_see(tmp_path: Path) -> None:
    stat = f"hierarchical_memory_limit {mib(700)}"
    v1(tmp_path, {"memory.limit_in_bytes": NO_LIMIT, "memory.usage_in_bytes": mib(300), "memory.stat": stat})
    assert (spare_memory(tmp_path), memory_limit(tmp_path)) == (400 * MIB, 700 * MIB)


@pytest.mark.parametrize("text", ["", "many", "-"])
def test_files_that_are_not_understood_set_no_limit(tmp_path: Path, text: str) -> None:
    fake_control_groups(tmp_path, {"memory.max": text, "memory.current": text, "memory.stat": text})
    assert spare_memory(tmp_path) is memory_limit(tmp_path) is None
