"""The score of one way of asking on one set of data, and the table of several scores."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import mean
from typing import Any, Self

from rich.table import Table

from benchmarks.quality.client import Replies
from benchmarks.report.tables import format_number, numeric_table
from service.tasks.translation import Quality

NAIVE = "naive"
# The ways of translating by the service: the row in tables, and the quality that is asked for.
SERVICE_WAYS: dict[str, Quality] = {"service": "standard", "quality high": "high"}


@dataclass(frozen=True, slots=True)
class Score:
    """``figures`` are by the headings of their columns. None: the replies do not have the figure."""

    task: str
    data: str
    way: str
    count: int
    failed: int
    errors: list[str]
    seconds: float  # per request, with many in flight
    figures: dict[str, float | None]
    flags: dict[str, int] = field(default_factory=dict)  # the number of segments with each flag
    items: list[dict[str, Any]] = field(default_factory=list)  # each request with its answer

    @classmethod
    def of(cls, asked: Replies, **values: Any) -> Self:
        """The score of all these replies. ``values`` are the other fields."""
        count = len(asked.replies)
        seconds = asked.seconds / max(count, 1)
        return cls(count=count, failed=asked.num_failed, errors=asked.errors, seconds=seconds, **values)


def percent(values: Iterable[float | bool]) -> float | None:
    """The mean as a percentage; None if there are no values."""
    found = list(values)
    return 100 * mean(found) if found else None


def summary_line(score: Score) -> str:
    """The known figures in one line, which is printed while the run continues."""
    known = [f"{heading} {format_number(value)}" for heading, value in score.figures.items() if value is not None]
    return f"{score.data}, {score.way}: {', '.join(known) or 'failed'}"


def make_table(scores: Sequence[Score]) -> Table:
    """The scores of one task. "-" stands for a figure that a way does not have."""
    headings = list(dict.fromkeys(heading for score in scores for heading in score.figures))
    has_flags = any(score.flags for score in scores)
    table = numeric_table("data", "way", "n", *headings, "s each", "failed", labels=2, title=scores[0].task)
    if has_flags:
        table.add_column("flags")
    for score in scores:
        table.add_row(
            score.data,
            score.way,
            str(score.count),
            *(format_number(score.figures.get(heading)) for heading in headings),
            f"{score.seconds:.2f}",
            str(score.failed),
            *([", ".join(f"{flag} {count}" for flag, count in score.flags.items())] if has_flags else []),
            style="red" if score.failed else None,
        )
    return table
