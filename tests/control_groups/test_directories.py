"""The directories of this process's control groups, on machines and in containers, in both versions."""

from pathlib import Path

import pytest

from service.control_groups.directories import directories
from tests.control_groups.fake_tree import V1_MOUNTS, V2_MOUNT, describe


def found(root: Path, controller: str = "memory") -> list[str]:
    return [str(path.relative_to(root)) for path in directories(controller, root)]


def test_version_2_from_the_own_group_outwards(tmp_path: Path) -> None:
    (tmp_path / "sys/fs/cgroup/system.slice/trivium.service").mkdir(parents=True)
    describe(tmp_path, "0::/system.slice/trivium.service", V2_MOUNT)
    slices = ["sys/fs/cgroup/system.slice/trivium.service", "sys/fs/cgroup/system.slice", "sys/fs/cgroup"]
    assert found(tmp_path, "memory") == found(tmp_path, "cpu") == slices


def test_version_1_has_a_hierarchy_for_each_controller(tmp_path: Path) -> None:
    (tmp_path / "sys/fs/cgroup/memory/a/b").mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup/cpu,cpuacct/c").mkdir(parents=True)
    describe(tmp_path, "4:memory:/a/b\n3:cpu,cpuacct:/c\n0::/", V1_MOUNTS)
    assert found(tmp_path, "memory") == [f"sys/fs/cgroup/memory{each}" for each in ("/a/b", "/a", "")]
    assert found(tmp_path, "cpu") == ["sys/fs/cgroup/cpu,cpuacct/c", "sys/fs/cgroup/cpu,cpuacct"]


@pytest.mark.parametrize(
    ("path", "mounted"),
    [
        ("/docker/abc", "/docker/abc"),  # the container's group is what is mounted
        ("/docker/abc", "/"),  # the path is the host's, and the mount the container's
        ("/../elsewhere", "/"),  # outside of the namespace
        ("/kubepods/pod/abc", "/docker"),  # a bind mount of something else
        ("/", "/"),  # a namespace of its own
    ],
)
def test_a_container_sees_its_own_group_at_the_mount(tmp_path: Path, path: str, mounted: str) -> None:
    (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
    describe(tmp_path, f"0::{path}", V2_MOUNT.replace(" / ", f" {mounted} ", 1))
    assert found(tmp_path) == ["sys/fs/cgroup"]


def test_a_part_of_the_mounted_group_is_found_below_the_mount(tmp_path: Path) -> None:
    (tmp_path / "sys/fs/cgroup/worker").mkdir(parents=True)
    describe(tmp_path, "0::/docker/abc/worker", V2_MOUNT.replace(" / ", " /docker/abc ", 1))
    assert found(tmp_path) == ["sys/fs/cgroup/worker", "sys/fs/cgroup"]


def test_a_mount_may_have_a_name_with_spaces(tmp_path: Path) -> None:
    (tmp_path / "my groups").mkdir()
    describe(tmp_path, "0::/", V2_MOUNT.replace("/sys/fs/cgroup", r"/my\040groups"))
    assert found(tmp_path) == ["my groups"]


@pytest.mark.parametrize("mounts", ["", "garbage", "1 2 3 - cgroup"])
def test_without_control_groups_there_are_none(tmp_path: Path, mounts: str) -> None:
    assert directories("memory", tmp_path) == []
    describe(tmp_path, "0::/\nnonsense", mounts)
    assert directories("memory", tmp_path) == []
