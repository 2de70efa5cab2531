"""A clock that measures nested parts of a program."""

import time
from collections import Counter
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class PartClock:
    """Time by part, in nanoseconds. The time of an inner part does not count for the part around it."""

    def __init__(self) -> None:
        self.nanoseconds: Counter[str] = Counter()
        self._open: list[tuple[str, int]] = []  # each open part with its start
        self._inner = [0]  # nanoseconds of inner parts, first outside of all parts, then inside of each open part

    def begin(self, part: str) -> None:
        """Begin a part inside of the part that is open."""
        self._inner.append(0)
        self._open.append((part, time.perf_counter_ns()))

    def end(self) -> None:
        """End the part that was begun last."""
        part, start = self._open.pop()
        spent = time.perf_counter_ns() - start
        self.nanoseconds[part] += spent - self._inner.pop()
        self._inner[-1] += spent

    def timed(self, part: str, function: Callable[P, R]) -> Callable[P, R]:
        """The function with its calls measured as ``part``."""

        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            self.begin(part)
            try:
                return function(*args, **kwargs)
            finally:
                self.end()

        return call
