"""Whether a process that runs also gets on.

Its beats come from a thread of their own and say how much processor time it has used. From those and from its work it
can be told apart whether it is frozen (no beats), deadlocked (it beats, but neither finishes a step nor computes), or
in a step that takes long and is to be left alone, though not for ever.
"""

from typing import Literal

Stall = Literal["frozen", "deadlocked", "overdue"]

BEAT_SECONDS = 0.5  # from one beat to the next
_MUCH = 10  # how many times longer a step may compute, and loading may be silent
_IDLE = 0.02  # of the time between two beats: who uses the processor for longer computes


class Pulse:
    """Owns the time since the last sign of life and since the last progress.

    Its seconds are those that its owner lived through: if both were stopped together, nobody was silent.
    """

    def __init__(self, stall_seconds: float) -> None:
        self._limit = stall_seconds
        self._silent = 0.0  # seconds since the last beat
        self._stuck = 0.0  # seconds of work since the last progress
        self._idle = 0.0  # seconds since a beat has told that it computes
        self._used = 0.0  # processor seconds, as of the last beat

    def beat(self, cpu_seconds: float) -> None:
        """A beat has come."""
        self._silent = 0.0
        if cpu_seconds - self._used > _IDLE * BEAT_SECONDS:
            self._idle = 0.0
        self._used = cpu_seconds

    def progress(self) -> None:
        """A step is done, or there is nothing to do."""
        self._stuck = 0.0

    def elapse(self, seconds: float, *, loading: bool, busy: bool) -> Stall | None:
        """Time has passed, in which it was loading, had work, or had none. What is wrong, if anything is."""
        self._silent += seconds
        self._idle += seconds
        if self._silent >= self._limit * (_MUCH if loading else 1):
            return "frozen"
        if not busy:
            self.progress()
            return None
        self._stuck += seconds
        if self._stuck >= self._limit * _MUCH:
            return "overdue"
        if min(self._stuck, self._idle) >= self._limit:
            return "deadlocked"
        return None
