"""A check: a name, a verdict and figures."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

Figures = dict[str, float | int | str]


class Verdict(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class Skipped(Exception):
    """The check is not for this machine. The message says why."""


class Failed(Exception):
    """The check found something wrong. The message says what, and ``figures`` by how much."""

    def __init__(self, reason: str, **figures: float | int | str) -> None:
        super().__init__(reason)
        self.figures = figures


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check. ``reason`` says why it failed or was skipped."""

    name: str
    verdict: Verdict
    seconds: float
    reason: str = ""
    figures: Figures = field(default_factory=dict)


def run_check(name: str, check: Callable[[], Figures]) -> Check:
    """Run one check. An error in it is a failure: the others must still run."""
    start = time.perf_counter()
    try:
        verdict, reason, figures = Verdict.PASSED, "", check()
    except Skipped as skipped:
        verdict, reason, figures = Verdict.SKIPPED, str(skipped), {}
    except Failed as failed:
        verdict, reason, figures = Verdict.FAILED, str(failed), failed.figures
    except Exception as error:
        verdict, reason, figures = Verdict.FAILED, f"{type(error).__name__}: {error}", {}
    return Check(name, verdict, time.perf_counter() - start, reason, figures)
