"""The liveness of a child process: whether it makes progress.

A thread of the child process sends heartbeats that say how much processor time the process has used. Heartbeats and
finished steps together tell three conditions apart: the process is frozen (no heartbeats), deadlocked (heartbeats, but
it neither finishes a step nor computes), or overdue (it computes, but one step takes much too long). A step that merely
takes long is left alone.
"""

from typing import Literal

Stall = Literal["frozen", "deadlocked", "overdue"]

HEARTBEAT_SECONDS = 0.5  # from one heartbeat to the next
_PATIENCE = 10  # a step that computes, and silent loading, may take this many times the limit
_IDLE = 0.02  # a process that uses a smaller share of the time between two heartbeats does not compute


class Liveness:
    """Owns the times since the last heartbeat, since the last progress and since the process last computed.

    Only time in which the parent itself ran is counted: if both processes were stopped, the child was not silent.
    """

    def __init__(self, stall_seconds: float) -> None:
        self._limit = stall_seconds
        self._silent = 0.0  # seconds since the last heartbeat
        self._stuck = 0.0  # seconds of work since the last progress
        self._idle = 0.0  # seconds since a heartbeat showed that the process computes
        self._cpu_seconds = 0.0  # processor time, as of the last heartbeat

    def heartbeat(self, cpu_seconds: float) -> None:
        """Note a heartbeat, with the processor time that the process has used since it started."""
        self._silent = 0.0
        if cpu_seconds - self._cpu_seconds > _IDLE * HEARTBEAT_SECONDS:
            self._idle = 0.0
        self._cpu_seconds = cpu_seconds

    def progress(self) -> None:
        """Note that a step is finished, or that there is nothing to do."""
        self._stuck = 0.0

    def elapse(self, seconds: float, *, loading: bool, busy: bool) -> Stall | None:
        """Note that time has passed while the process was loading or had work. Return how it is stuck, or None."""
        self._silent += seconds
        self._idle += seconds
        if self._silent >= self._limit * (_PATIENCE if loading else 1):
            return "frozen"
        if not busy:
            self.progress()
            return None
        self._stuck += seconds
        if self._stuck >= self._limit * _PATIENCE:
            return "overdue"
        if min(self._stuck, self._idle) >= self._limit:
            return "deadlocked"
        return None
