"""How one way of asking did on one set of data, and the table of several."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import mean
from typing import Any

from rich.table import Table

from benchmarks.quality.asking import Reply

NAIVE = "naive"


@dataclass(frozen=True, slots=True)
class Score:
    """``figures`` are by the heading of their column; None is what the server's answers do not tell."""

    task: str
    data: str
    way: str
    count: int
    failed: int
    errors: list[str]
    seconds: float  # for each that was asked, many being in flight
    figures: dict[str, float | None]
    flags: dict[str, int] = field(default_factory=dict)  # how many segments have each
    items: list[dict[str, Any]] = field(default_factory=list)  # what was asked and answered


def percent(values: Iterable[float | bool]) -> float | None:
    """The mean as a percentage; None of nothing."""
    found = list(values)
    return 100 * mean(found) if found else None


def errors(replies: Sequence[Reply]) -> list[str]:
    return sorted({reply.error for reply in replies if reply.error})


def line(score: Score) -> str:
    """What is known while the rest of a long run is still to come."""
    known = [f"{heading} {_shown(value)}" for heading, value in score.figures.items() if value is not None]
    return f"{score.data}, {score.way}: {', '.join(known) or 'failed'}"


def table(scores: Sequence[Score]) -> Table:
    """One task's. What a way has no figure for is "-"."""
    headings = list(dict.fromkeys(heading for score in scores for heading in score.figures))
    flagged = any(score.flags for score in scores)
    made = Table("data", "way", "n", *headings, "s each", "failed", title=scores[0].task)
    for column in made.columns[2:]:
        column.justify = "right"
    if flagged:
        made.add_column("flags")
    for score in scores:
        made.add_row(
            score.data,
            score.way,
            str(score.count),
            *(_shown(score.figures.get(heading)) for heading in headings),
            f"{score.seconds:.2f}",
            str(score.failed),
            *([", ".join(f"{flag} {count}" for flag, count in score.flags.items())] if flagged else []),
            style="red" if score.failed else None,
        )
    return made


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}" if value < 1000 else f"{value:,.0f}"
