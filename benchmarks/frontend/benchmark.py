"""``python -m benchmarks frontend``: the host side alone, with a model that computes nothing in a given time."""

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.frontend import host_step, null_runner
from benchmarks.frontend import http_load as null_load

_MANY_WAITING = 10_000
_MANY_BLOCKS = 1_000_000


def measure(*, streams: list[int], step_ms: list[float], rounds: int, steps: int, seconds: float) -> None:
    """Measure and print. Of ``rounds`` measurements the quickest counts: noise only ever adds."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    with tempfile.TemporaryDirectory() as directory, console.status("") as status:
        null_runner.save_model(Path(directory), 0)
        parts = _table("one decoding step, ms", *host_step.PARTS)
        for count in streams:
            cases: dict[str, dict[str, int]] = {
                f"{count} sequences": {},
                f"and {_MANY_WAITING:,} waiting": {"waiting": _MANY_WAITING},
            }
            cases["and a million blocks"] = {"num_blocks": _MANY_BLOCKS}
            for name, options in cases.items():
                status.update(f"{count} sequences, {name}")
                found = [host_step.measure(directory, sequences=count, steps=steps, **options) for _ in range(rounds)]
                parts.add_row(name, *(f"{value:.3f}" for value in min(found, key=lambda each: each["total"]).values()))
        console.print(parts)

        loads = _table(
            "streams",
            "silent",
            "model ms",
            "step ms",
            "added ms",
            "tokens/s",
            "events/s",
            "service us/token",
            "engine us/token",
        )
        for count in streams:
            for ms in step_ms:
                status.update(f"{count} streams over HTTP, {ms:g} ms a step")
                null_runner.save_model(Path(directory), ms / 1000)
                window = null_load.measure(directory, streams=count, seconds=seconds)
                step = window.seconds / max(window.steps, 1) * 1000
                loads.add_row(
                    str(count),
                    str(window.silent),
                    f"{ms:g}",
                    f"{step:.2f}",
                    f"{step - ms:.2f}",
                    f"{window.tokens / window.seconds:,.0f}",
                    f"{window.events / window.seconds:,.0f}",
                    f"{window.service_cpu / max(window.tokens, 1) * 1e6:.1f}",
                    f"{window.engine_cpu / max(window.tokens, 1) * 1e6:.1f}",
                )
        console.print(loads)


def _table(*columns: str) -> Table:
    table = Table(*columns)
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def main(
    streams: Annotated[str, typer.Option(help="Sequences at once; several numbers with commas.")] = "256,1024",
    step_ms: Annotated[str, typer.Option(help="Milliseconds that the model takes; several with commas.")] = "5,10,20",
    rounds: Annotated[int, typer.Option(help="Measurements of a step, of which the quickest counts.", min=1)] = 3,
    steps: Annotated[int, typer.Option(help="Steps in each of them.", min=1)] = 100,
    seconds: Annotated[float, typer.Option(help="How long the streams over HTTP are watched.", min=1)] = 5.0,
) -> None:
    """Measure the host's work for a step, and what the whole service carries over HTTP, without a model."""
    measure(
        streams=[int(count) for count in streams.split(",")],
        step_ms=[float(ms) for ms in step_ms.split(",")],
        rounds=rounds,
        steps=steps,
        seconds=seconds,
    )
