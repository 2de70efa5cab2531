"""What structure costs each server, in one table."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from benchmarks.report.statistics import median_of_known, quiet_ones
from benchmarks.report.tables import format_number, numeric_table
from benchmarks.serving.results import RoundResult
from benchmarks.structured.outcome import Validity

FREE, STRUCTURED = "free text", "structured"

_MEASURES = {"tokens/s": "tokens_per_second", "TPOT": "tpot_p50", "TTFT": "ttft_p50"}  # heading, field


def make_summary(results: Sequence[RoundResult], outputs: Mapping[str, Validity], tolerance: float) -> Table:
    """One row for each server: medians over its quiet rounds, without and with a structure, and what the outputs were.

    Times are in milliseconds. ``overhead`` is the time per token with a structure over that without one, minus 1;
    ``later`` is how much later the first token comes.
    """
    pairs = (f"{name} {kind}" for name in _MEASURES for kind in ("free", "structured"))
    table = numeric_table("server", *pairs, "overhead", "later", "valid", "cut", "failed")
    for server, validity in outputs.items():
        values = {
            (field, case): _median(results, server, case, field, tolerance)
            for field in _MEASURES.values()
            for case in (FREE, STRUCTURED)
        }
        per_token, structured_per_token = values["tpot_p50", FREE], values["tpot_p50", STRUCTURED]
        first, structured_first = values["ttft_p50", FREE], values["ttft_p50", STRUCTURED]
        overhead = structured_per_token / per_token - 1 if per_token and structured_per_token is not None else None
        later = structured_first - first if first is not None and structured_first is not None else None
        table.add_row(
            server,
            *map(format_number, values.values()),
            "-" if overhead is None else f"{overhead:+.0%}",
            "-" if later is None else f"{later:+,.0f} ms",
            f"{validity.valid} of {validity.valid + validity.invalid}",
            str(validity.cut),
            str(validity.failed),
        )
    return table


def _median(results: Sequence[RoundResult], server: str, case: str, field: str, tolerance: float) -> float | None:
    """The median of a field over the rounds that count; None if nothing was measured."""
    rounds = [result for result in results if (result.server, result.case) == (server, case)]
    return median_of_known(getattr(result, field) for result in quiet_ones(rounds, tolerance))
