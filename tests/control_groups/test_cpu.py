"""The processor time that control groups leave: both versions, nested groups."""

from pathlib import Path

import pytest

from service.control_groups.cpu import cpu_quota
from tests.control_groups.fake_tree import V1_MOUNTS, V2_MOUNT, describe, fake_control_groups, write


@pytest.mark.parametrize(("text", "quota"), [("150000 100000", 1.5), ("max 100000", None), ("", None)])
def test_version_2(tmp_path: Path, text: str, quota: float | None) -> None:
    fake_control_groups(tmp_path, {"cpu.max": text})
    assert cpu_quota(tmp_path) == quota


@pytest.mark.parametrize(("microseconds", "quota"), [("150000", 1.5), ("-1", None)])
def test_version_1(tmp_path: Path, microseconds: str, quota: float | None) -> None:
    describe(tmp_path, "3:cpu,cpuacct:/", V1_MOUNTS)
    group = tmp_path / "sys/fs/cgroup/cpu,cpuacct"
    write(group, {"cpu.cfs_quota_us": microseconds, "cpu.cfs_period_us": "100000"})
    assert cpu_quota(tmp_path) == quota


def test_the_least_quota_of_all_groups_counts(tmp_path: Path) -> None:
    describe(tmp_path, "0::/pod/container", V2_MOUNT)
    write(tmp_path / "sys/fs/cgroup/pod", {"cpu.max": "200000 100000"})
    write(tmp_path / "sys/fs/cgroup/pod/container", {"cpu.max": "400000 100000"})
    assert cpu_quota(tmp_path) == 2


def test_without_control_groups_there_is_no_quota(tmp_path: Path) -> None:
    assert cpu_quota(tmp_path) is None
