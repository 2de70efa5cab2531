"""The traces of one round as numbers, and the table of several rounds."""

from dataclasses import dataclass
from statistics import mean, median
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.report.files import write_results
from benchmarks.report.statistics import percentile, quiet_ones
from benchmarks.report.tables import format_number, numeric_table, print_noise_warning, row_style
from benchmarks.serving.client import Trace


@dataclass(frozen=True, slots=True)
class RoundResult:
    """One server under one case for one round. Times are in milliseconds. None: there is nothing to measure."""

    server: str
    case: str
    streams: int
    seconds: float
    prompt_tokens: float | None  # of a request, on average, as the server counted them
    requests_per_second: float
    tokens_per_second: float
    ttft_p50: float | None
    ttft_p99: float | None
    itl_p50: float | None
    itl_p99: float | None
    itl_max: float | None
    tpot_p50: float | None
    tpot_p99: float | None
    end_p50: float | None
    end_p99: float | None
    noise: float  # cores that other processes kept busy
    failed: int
    errors: list[str]
    memory: int | None = None  # bytes
    start_seconds: float | None = None


def summarize(server: str, case: str, traces: list[Trace], seconds: float, noise: float) -> RoundResult:
    """The result of a round that took ``seconds``. Requests that failed count only as failed."""
    good = [trace for trace in traces if not trace.error]
    first, ends, rates = ([getattr(t, name) for t in good] for name in ("first", "end", "per_token"))
    gaps = [gap for trace in good for gap in trace.gaps]
    return RoundResult(
        server=server,
        case=case,
        streams=len(traces),
        seconds=seconds,
        prompt_tokens=mean(trace.prompt_tokens for trace in good) if good else None,
        requests_per_second=len(good) / seconds,
        tokens_per_second=sum(trace.tokens for trace in good) / seconds,
        ttft_p50=percentile(first, 50),
        ttft_p99=percentile(first, 99),
        itl_p50=percentile(gaps, 50),
        itl_p99=percentile(gaps, 99),
        itl_max=percentile(gaps, 100),
        tpot_p50=percentile(rates, 50),
        tpot_p99=percentile(rates, 99),
        end_p50=percentile(ends, 50),
        end_p99=percentile(ends, 99),
        noise=noise,
        failed=len(traces) - len(good),
        errors=sorted({trace.error for trace in traces if trace.error}),
    )


def median_speed(results: list[RoundResult], case: str, tolerance: float) -> float:
    """The median tokens/s of a case over its quiet rounds."""
    rounds = quiet_ones([result for result in results if result.case == case], tolerance)
    return median(result.tokens_per_second for result in rounds)


# The spaces keep equal headings apart.
_COLUMNS = {
    "in": "prompt_tokens",
    "tokens/s": "tokens_per_second",
    "req/s": "requests_per_second",
    "TTFT p50": "ttft_p50",
    "p99": "ttft_p99",
    "ITL p50": "itl_p50",
    "p99 ": "itl_p99",
    "max": "itl_max",
    "TPOT p50": "tpot_p50",
    "end p50": "end_p50",
    "p99  ": "end_p99",
}


def make_table(results: list[RoundResult], tolerance: float) -> Table:
    """One row for each round, in milliseconds. A yellow row was measured on a busy machine."""
    table = numeric_table("case", "server", *_COLUMNS, "MiB", "start s", "failed", "others' cores", labels=2)
    for result in sorted(results, key=lambda result: (result.case, result.server)):
        table.add_row(
            result.case,
            result.server,
            *(format_number(getattr(result, name)) for name in _COLUMNS.values()),
            format_number(result.memory and result.memory / 2**20),
            format_number(result.start_seconds),
            str(result.failed),
            f"{result.noise:.2f}",
            style=row_style(result.noise, tolerance),
        )
    return table


def report_results(console: Console, kind: str, results: list[RoundResult], tolerance: float, **facts: Any) -> None:
    """Print the table and the errors, and write them with ``facts`` to a file."""
    console.print(make_table(results, tolerance))
    for result in results:
        for error in result.errors:
            console.print(f"[red]{result.server}, {result.case}: {result.failed} failed:[/]", escape(error))
    print_noise_warning(console, (result.noise for result in results), tolerance)
    console.print(f"Written to {write_results(kind, results, **facts)}")
