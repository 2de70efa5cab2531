"""The outcome of a soak: its failures and its table."""

import os
import statistics
from dataclasses import dataclass

from benchmarks.report.tables import markdown_table
from benchmarks.soak.clients import RequestTally
from benchmarks.soak.process_monitor import MemoryGrowth

_CORES = os.cpu_count() or 1
# Two pools start their threads on first use and keep them: asyncio's for blocking calls, tokenizers' one per core.
_POOL_THREADS = min(32, _CORES + 4) + _CORES


@dataclass(frozen=True, slots=True)
class SoakOutcome:
    """The findings of a soak."""

    seconds: float
    tally: RequestTally
    api: MemoryGrowth
    engine: MemoryGrowth
    files: tuple[int, int]  # open descriptors of the API process at the start and at the end
    threads: tuple[int, int]  # of the API process at the start and at the end
    recoveries: list[float]  # seconds from each kill of the engine until the service was ready again
    held: dict[str, float]  # metrics of what the engine still holds at the end
    exit_code: int
    unexplained: list[str]  # lines of the log

    def failures(self, tolerance: float) -> list[str]:
        """The faults of the run, one sentence each. ``tolerance``: MiB that a process may grow."""
        checks = {
            f"{len(self.tally.lost)} requests were lost": bool(self.tally.lost),
            "not every request is accounted for": self.tally.accounted + len(self.tally.lost) != self.tally.sent,
            "nothing was answered": not self.tally.answered,
            "the API process grew": not self.api.is_flat(tolerance),
            "the engine grew": not self.engine.is_flat(tolerance),
            "descriptors were left open": self.files[1] > self.files[0],
            "threads were left": self.threads[1] > self.threads[0] + _POOL_THREADS,
            f"the engine still holds something: {self.held}": any(self.held.values()),
            f"the service exited with {self.exit_code}": self.exit_code != 0,
            f"{len(self.unexplained)} lines of errors are unexplained": bool(self.unexplained),
        }
        return [message for message, failed in checks.items() if failed]

    def table(self) -> str:
        """All findings in Markdown."""
        tally = self.tally
        return markdown_table(
            {
                "time": f"{self.seconds / 60:.1f} min",
                "sent": f"{tally.sent:,}",
                "answered": f"{tally.answered:,}",
                **{f"refused: {status}": f"{count:,}" for status, count in sorted(tally.refused.items())},
                "left by the client": f"{tally.left:,}",
                "not read by the client": f"{tally.unread:,}",
                "**lost**": f"**{len(tally.lost)}**",
                "API process": _memory_cell(self.api),
                "engine": _memory_cell(self.engine),
                "engine killed": _recoveries_cell(self.recoveries),
                "descriptors, start and end": f"{self.files[0]}, {self.files[1]}",
                "threads, start and end": f"{self.threads[0]}, {self.threads[1]}",
                **{f"{name} at the end": f"{value:g}" for name, value in self.held.items()},
                "exit code": self.exit_code,
                "lines of errors unexplained": len(self.unexplained),
            }
        )


def _memory_cell(growth: MemoryGrowth) -> str:
    return f"{growth.warm:.1f} MiB warm, {growth.end:.1f} MiB at the end, {growth.per_hour:+.1f} MiB/h"


def _recoveries_cell(seconds: list[float]) -> str:
    if not seconds:
        return "0 times"
    return f"{len(seconds)} times, ready again after {statistics.median(seconds):.1f} s, {max(seconds):.1f} s at most"
