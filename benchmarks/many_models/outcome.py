"""The outcome of loads and unloads under traffic: its failures and its tables."""

import statistics
from collections import defaultdict
from dataclasses import dataclass, field

from benchmarks.many_models.traffic import Tally
from benchmarks.report.tables import markdown_table

_MIB = 1 << 20


@dataclass(slots=True)
class ManyModelsOutcome:
    """The findings of a run. Memory is in bytes, all times are in seconds. The keys are names of models."""

    start_seconds: float = 0.0  # from the start of the command until every model is ready
    memory: dict[str, int] = field(default_factory=dict)  # of each process; "api" is the process that speaks HTTP
    memory_when_unloaded: int = 0  # of the API process at the end, when no model is loaded
    unloads: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    loads: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    tally: Tally = field(default_factory=Tally)
    held: dict[str, float] = field(default_factory=dict)  # metrics of what the engine still holds at the end
    children: int = 0  # processes that are left when no model is loaded

    def failures(self) -> list[str]:
        """The faults of the run, one sentence each."""
        checks = {
            f"{len(self.tally.lost)} requests were lost": bool(self.tally.lost),
            "a model answered nothing": any(not self.tally.answered[model] for model in self.unloads),
            f"the engine still holds something: {self.held}": any(self.held.values()),
            f"{self.children} processes are left": bool(self.children),
        }
        return [message for message, failed in checks.items() if failed]

    def table(self) -> str:
        """All findings in Markdown."""
        rows: dict[str, object] = {"all models ready after": f"{self.start_seconds:.1f} s"}
        rows |= {f"memory of {name}": f"{size / _MIB:,.0f} MiB" for name, size in self.memory.items()}
        rows["memory of all processes"] = f"{sum(self.memory.values()) / _MIB:,.0f} MiB"
        rows["memory of api, with all models unloaded"] = f"{self.memory_when_unloaded / _MIB:,.0f} MiB"
        for model, unloads in self.unloads.items():
            rows[f"{model}: answered, refused"] = f"{self.tally.answered[model]:,}, {self.tally.refused[model]:,}"
            rows[f"{model}: unloads, median and longest"] = f"{len(unloads)}: {_spread(unloads)}"
            rows[f"{model}: loads, median and longest"] = f"{len(self.loads[model])}: {_spread(self.loads[model])}"
        rows["**lost**"] = len(self.tally.lost)
        rows |= {f"{name} at the end": f"{value:g}" for name, value in self.held.items()}
        return markdown_table(rows)


def _spread(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f} s, {max(seconds):.2f} s"
