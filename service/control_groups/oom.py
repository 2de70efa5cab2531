"""The kernel's out-of-memory killer: whether it has ended a process of this group since some moment."""

from pathlib import Path

from service.control_groups.directories import ROOT, directories
from service.control_groups.values import number, table


class OomKills:
    """Compares the kernel's counts of killed processes with those at its own making.

    The counts are those of this process's group, which its children share, and of the whole machine. A kernel before
    4.13 has neither; there it counts that the limit of the group was reached.
    """

    def __init__(self, root: Path = ROOT) -> None:
        self._root = root
        self._before = self._counts()

    @property
    def happened(self) -> bool:
        """Whether a process was killed since then: most likely one that ended by SIGKILL meanwhile."""
        now = self._counts()
        return any(count > self._before.get(name, 0) for name, count in now.items())

    def _counts(self) -> dict[str, int]:
        counts = {"machine": table(self._root / "proc/vmstat").get("oom_kill")}
        for group in directories("memory", self._root)[:1]:
            counts["group"] = table(group / "memory.events").get("oom_kill")
            counts["group of version 1"] = table(group / "memory.oom_control").get("oom_kill")
            if all(count is None for count in counts.values()):
                counts["limit reached"] = number(group / "memory.failcnt")
        return {name: count for name, count in counts.items() if count is not None}
