"""What the rest of the machine did meanwhile, so that a spoilt measurement can be told from a good one."""

import time
from contextlib import suppress
from types import TracebackType
from typing import Self

import psutil


class Noise:
    """Measures the CPU time that was used between entering and leaving, by everything but us.

    "Us" is this process, that of ``server``, and the children of both. "Everything" is the whole machine as the kernel
    sees it, the time stolen by a hypervisor included; in a container these are the neighbours too.
    """

    seconds = 0.0  # wall time
    cores = 0.0  # cores that others kept busy, on average

    def __init__(self, server: int | None = None) -> None:
        here = psutil.Process()
        self._roots = [here]
        with suppress(psutil.NoSuchProcess):
            there = psutil.Process(server)
            if here not in (there, *there.parents()):
                self._roots.append(there)

    def __enter__(self) -> Self:
        self._begin = time.perf_counter()
        self._others = self._used_by_others()
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.seconds = time.perf_counter() - self._begin
        self.cores = max(0.0, self._used_by_others() - self._others) / self.seconds

    def _used_by_others(self) -> float:
        times = psutil.cpu_times()
        whole = sum(times) - sum(getattr(times, name, 0.0) for name in ("idle", "iowait", "guest", "guest_nice"))
        return float(whole - sum(map(_used_by, self._roots)))


def _used_by(root: psutil.Process) -> float:
    used = 0.0
    with suppress(psutil.NoSuchProcess):
        own = root.cpu_times()
        used += own.user + own.system + own.children_user + own.children_system
        for child in root.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                spent = child.cpu_times()
                used += spent.user + spent.system
    return used
