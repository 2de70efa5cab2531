"""An outcome as a table."""

import statistics

from benchmarks.soak.benchmark import Outcome
from benchmarks.soak.process_monitor import Growth


def table(outcome: Outcome) -> str:
    """In Markdown."""
    tally = outcome.tally
    rows = {
        "time": f"{outcome.seconds / 60:.1f} min",
        "sent": f"{tally.sent:,}",
        "answered": f"{tally.answered:,}",
        **{f"refused: {status}": f"{count:,}" for status, count in sorted(tally.refused.items())},
        "left by the client": f"{tally.left:,}",
        "not read by the client": f"{tally.unread:,}",
        "**lost**": f"**{len(tally.lost)}**",
        "API process": _memory(outcome.api),
        "engine": _memory(outcome.engine),
        "engine killed": _recoveries(outcome.recoveries),
        "descriptors, start and end": f"{outcome.files[0]}, {outcome.files[1]}",
        "threads, start and end": f"{outcome.threads[0]}, {outcome.threads[1]}",
        **{f"{name} at the end": f"{value:g}" for name, value in outcome.held.items()},
        "exit code": f"{outcome.exit_code}",
        "lines of errors unexplained": f"{len(outcome.unexplained)}",
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())])


def _memory(growth: Growth) -> str:
    return f"{growth.warm:.1f} MiB warm, {growth.end:.1f} MiB at the end, {growth.per_hour:+.1f} MiB/h"


def _recoveries(seconds: list[float]) -> str:
    if not seconds:
        return "0 times"
    return f"{len(seconds)} times, ready again after {statistics.median(seconds):.1f} s, {max(seconds):.1f} s at most"
