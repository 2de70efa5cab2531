"""The processor time that control groups leave to this process."""

from contextlib import suppress
from pathlib import Path

from service.control_groups.directories import ROOT, directories
from service.control_groups.values import number


def cpu_quota(root: Path = ROOT) -> float | None:
    """The processors that this process may use at once, such as 1.5. None without a quota."""
    return min(filter(None, map(_quota, directories("cpu", root))), default=None)


def _quota(group: Path) -> float | None:
    with suppress(OSError, ValueError):
        limit, period = (group / "cpu.max").read_text(encoding="ascii").split()
        return int(limit) / int(period)  # without a quota the limit is "max", which is not a number
    limit_v1, period_v1 = number(group / "cpu.cfs_quota_us"), number(group / "cpu.cfs_period_us")
    if limit_v1 is None or not period_v1 or limit_v1 <= 0:  # without a quota it is -1
        return None
    return limit_v1 / period_v1
