"""The benchmark of the host side: a null model takes a given time per step and computes nothing."""

import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.frontend.host_step import PARTS, measure_step
from benchmarks.frontend.http_load import measure_load
from benchmarks.frontend.null_model import save_model
from benchmarks.report.tables import numeric_table, open_console

_MANY_WAITING = 10_000
_MANY_BLOCKS = 1_000_000


def measure(*, streams: list[int], step_ms: list[float], rounds: int, steps: int, seconds: float) -> None:
    """Measure and print the host's work for a step, and the load of the whole service.

    The fastest of ``rounds`` measurements of a step counts, because disturbances only add time.
    """
    console = open_console(120)
    with tempfile.TemporaryDirectory() as directory:
        model = Path(directory)
        console.print(_step_table(console, model, streams, rounds, steps))
        console.print(_load_table(console, model, streams, step_ms, seconds))


def _step_table(console: Console, model: Path, streams: list[int], rounds: int, steps: int) -> Table:
    table = numeric_table("one decoding step, ms", *PARTS)
    save_model(model, step_seconds=0)
    with console.status("") as status:
        for count in streams:
            cases: dict[str, dict[str, int]] = {
                f"{count} sequences": {},
                f"and {_MANY_WAITING:,} waiting": {"waiting": _MANY_WAITING},
                "and a million blocks": {"num_blocks": _MANY_BLOCKS},
            }
            for name, options in cases.items():
                status.update(f"{count} sequences, {name}")
                measured = [measure_step(str(model), sequences=count, steps=steps, **options) for _ in range(rounds)]
                fastest = min(measured, key=lambda parts: parts["total"])
                table.add_row(name, *(f"{value:.3f}" for value in fastest.values()))
    return table


def _load_table(console: Console, model: Path, streams: list[int], step_ms: list[float], seconds: float) -> Table:
    table = numeric_table(
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
    with console.status("") as status:
        for count in streams:
            for ms in step_ms:
                status.update(f"{count} streams over HTTP, {ms:g} ms per step")
                save_model(model, step_seconds=ms / 1000)
                window = measure_load(str(model), streams=count, seconds=seconds)
                step = window.seconds / max(window.steps, 1) * 1000
                table.add_row(
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
    return table
