"""From what the clients saw to numbers, a table and a file."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from rich.table import Table

from benchmarks.serving.client import Trace

RESULTS = Path(__file__).parents[1] / "results"


@dataclass(frozen=True, slots=True)
class Result:
    """One server under one case for one round. Times in milliseconds; None is a number of nothing."""

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
    noise: float  # cores that others kept busy
    failed: int
    errors: list[str]
    memory: int | None = None  # bytes
    start_seconds: float | None = None


def summarize(server: str, case: str, traces: list[Trace], seconds: float, noise: float) -> Result:
    good = [trace for trace in traces if not trace.error]
    first, ends, rates = ([getattr(t, name) for t in good] for name in ("first", "end", "per_token"))
    gaps = [gap for trace in good for gap in trace.gaps]
    return Result(
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


def percentile(seconds: list[float], percent: int) -> float | None:
    """Nearest rank, in milliseconds."""
    ordered = sorted(seconds)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] * 1000 if ordered else None


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


def table(results: list[Result], tolerance: float) -> Table:
    """A row for every round. Yellow: the machine was not quiet. Times in milliseconds."""
    made = Table("case", "server", *_COLUMNS, "MiB", "start s", "failed", "others' cores")
    for column in made.columns[2:]:
        column.justify = "right"
    for result in sorted(results, key=lambda result: (result.case, result.server)):
        made.add_row(
            result.case,
            result.server,
            *(_number(getattr(result, name)) for name in _COLUMNS.values()),
            _number(result.memory and result.memory / 2**20),
            _number(result.start_seconds),
            str(result.failed),
            f"{result.noise:.2f}",
            style="yellow" if result.noise > tolerance else None,
        )
    return made


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}" if value < 1000 else f"{value:.0f}"


def write(kind: str, results: Sequence[Any], **facts: Any) -> Path:
    """``results`` are dataclasses, ``facts`` what else a reader of the file must know."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{kind}-{time.strftime('%Y%m%d-%H%M%S')}.json"
    content = facts | {"results": [asdict(result) for result in results]}
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return path
