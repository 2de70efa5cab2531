"""The memory that control groups leave to this process."""

from pathlib import Path

from service.control_groups.directories import ROOT, directories
from service.control_groups.values import least, number, table

_ENDLESS = 1 << 60  # bytes: version 1 writes "no limit" as a number near 2**63


def memory_limit(root: Path = ROOT) -> int | None:
    """The least limit of all groups around this process, in bytes. None without a limit."""
    return least(*map(_limit, directories("memory", root)))


def spare_memory(root: Path = ROOT) -> int | None:
    """The bytes that this process may still take before a limit is reached, at least 0. None without a limit.

    Page cache that no process maps is not counted as used: the kernel takes it back when memory is short. A file that
    was just read or written fills a group with it.
    """
    return least(*map(_spare, directories("memory", root)))


def _limit(group: Path) -> int | None:
    """The limit of one group. Above ``memory.high`` the kernel slows a process down until it stands still."""
    around = table(group / "memory.stat").get("hierarchical_memory_limit")  # also of groups that a container cannot see
    limit = least(
        number(group / "memory.max"), number(group / "memory.high"), number(group / "memory.limit_in_bytes"), around
    )
    return None if limit is None or limit >= _ENDLESS else limit


def _spare(group: Path) -> int | None:
    limit = _limit(group)
    used = least(number(group / "memory.current"), number(group / "memory.usage_in_bytes"))
    if limit is None or used is None:
        return limit
    return max(0, limit - max(0, used - _reclaimable(group)))


def _reclaimable(group: Path) -> int:
    """The bytes of the group's page cache, without files that are mapped, such as weights that are computed in place.

    Names of version 1 that begin with ``total_`` include the groups within this one, as all names of version 2 do.
    """
    values = table(group / "memory.stat")

    def value(*names: str) -> int:
        return next((values[name] for name in names if name in values), 0)

    cache = value("total_inactive_file", "inactive_file") + value("total_active_file", "active_file")
    mapped = value("total_mapped_file", "file_mapped", "mapped_file")
    return max(0, cache - mapped) + value("slab_reclaimable")
