"""The outcome of a run with kills: its failures and its table."""

import statistics
from collections import Counter
from dataclasses import dataclass, field

from benchmarks.report.tables import markdown_table


@dataclass(slots=True)
class FaultsOutcome:
    """The findings of a run with kills."""

    engines: int = 1
    same: int = 0  # answers that equal those without kills
    refused: int = 0  # 503 before the request began, while the engine restarted
    different: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    paths: Counter[str] = field(default_factory=Counter)  # answers by path
    recoveries: list[float] = field(default_factory=list)  # seconds from each kill until the service was ready again
    replayed: int = 0  # requests that continued in another engine process
    files: tuple[int, int] = (0, 0)  # open descriptors of the API process before the first kill and at the end
    processes: int = 0  # children of the API process at the end
    held: dict[str, float] = field(default_factory=dict)  # metrics of what the engine still holds at the end
    unexplained: list[str] = field(default_factory=list)  # lines of the log

    def failures(self, *, exact: bool) -> list[str]:
        """The faults of the run, one sentence each. ``exact``: no answer may differ."""
        checks = {
            f"{len(self.lost)} answers were lost": bool(self.lost),
            f"{len(self.different)} answers differ": exact and bool(self.different),
            "no request continued after a kill": not self.replayed,
            "nothing was answered": not self.same,
            "descriptors were left open": self.files[1] > self.files[0],
            f"the API process has {self.processes} children": self.processes != self.engines,
            f"the engine still holds something: {self.held}": any(self.held.values()),
            f"{len(self.unexplained)} lines of errors are unexplained: {self.unexplained[:3]}": bool(self.unexplained),
        }
        return [message for message, failed in checks.items() if failed]

    def table(self) -> str:
        """All findings in Markdown."""
        answered = self.same + len(self.different)
        by_path = ", ".join(f"{path} {count}" for path, count in sorted(self.paths.items()))
        return markdown_table(
            {
                "engines killed": f"{len(self.recoveries)} times",
                "ready again after, median and most": f"{statistics.median(self.recoveries):.1f} s, "
                f"{max(self.recoveries):.1f} s",
                "requests that went on in another engine": self.replayed,
                "answered": f"{answered}: {by_path}",
                "**lost**": len(self.lost),
                "the same as undisturbed": f"{self.same} ({self.same / max(answered, 1):.1%})",
                "refused while the engine restarted": self.refused,
                "descriptors, before and after": f"{self.files[0]}, {self.files[1]}",
                **{f"{name} at the end": f"{value:g}" for name, value in self.held.items()},
            }
        )
