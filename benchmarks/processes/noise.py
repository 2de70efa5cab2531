"""The CPU time of other processes during a measurement. It tells a spoilt measurement from a good one."""

import time
from contextlib import suppress
from types import TracebackType
from typing import Self

import psutil


class Noise:
    """A context manager that measures how busy other processes keep the machine until the block ends.

    Processes that do not count as other ones: this process, the process ``server``, and the children of both. The rest
    of the machine counts as its kernel sees it, with the time that a hypervisor steals. In a container, this includes
    the neighbours of the container.
    """

    seconds = 0.0  # wall time of the block
    cores = 0.0  # cores that other processes kept busy, on average

    def __init__(self, server: int | None = None) -> None:
        this_process = psutil.Process()
        self._roots = [this_process]
        with suppress(psutil.NoSuchProcess):
            server_process = psutil.Process(server)
            if this_process not in (server_process, *server_process.parents()):
                self._roots.append(server_process)

    def __enter__(self) -> Self:
        self._start = time.perf_counter()
        self._used_before = self._seconds_of_others()
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.seconds = time.perf_counter() - self._start
        self.cores = max(0.0, self._seconds_of_others() - self._used_before) / self.seconds

    def _seconds_of_others(self) -> float:
        """CPU seconds since the machine's start that neither idled nor belong to the roots."""
        times = psutil.cpu_times()
        busy = sum(times) - sum(getattr(times, name, 0.0) for name in ("idle", "iowait", "guest", "guest_nice"))
        return float(busy - sum(map(cpu_seconds, self._roots)))


def cpu_seconds(root: psutil.Process) -> float:
    """CPU seconds of a process and of all its children; 0 if the process has ended."""
    seconds = 0.0
    with suppress(psutil.NoSuchProcess):
        own = root.cpu_times()
        seconds += own.user + own.system + own.children_user + own.children_system
        for child in root.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                times = child.cpu_times()
                seconds += times.user + times.system
    return seconds
