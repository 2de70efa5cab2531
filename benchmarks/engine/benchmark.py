"""The engine without HTTP: how long each part of a step takes, compared with the limits of this machine.

A part that reads many bytes, or does many operations, takes at least the time that the peaks allow. The longer of the
two times is its limit. The share is the limit divided by the measured time.
"""

import sys
from dataclasses import asdict

import msgspec
import torch
from rich.console import Console
from rich.table import Table

from benchmarks.engine import roofline
from benchmarks.engine.roofline import Peaks, Product
from benchmarks.engine.timed_engine import PARTS, ClockedEngine, Round
from benchmarks.engine.work import Work
from benchmarks.serving import results as report
from service.engine.protocol.config import EngineConfig

CHUNK = 512  # tokens of a prefill
_BLOCK = 16  # tokens; the smallest block size that the engine chooses, so the cache is never too small


def measure(
    config: EngineConfig,
    *,
    batches: list[int],
    contexts: list[int],
    steps: int,
    products: bool,
    rounds: int,
    tolerance: float,
) -> None:
    """Measure, print the tables and write a report.

    A round counts if other processes kept at most ``tolerance`` cores busy.
    """
    console = Console(width=None if sys.stdout.isatty() else 220)
    grown = max(contexts) + max(CHUNK, steps * (rounds + 1) + 2)
    blocks = (max(batches) + 1) * -(-grown // (config.block_size or _BLOCK))
    config = msgspec.structs.replace(
        config, num_blocks=config.num_blocks or blocks, max_num_seqs=max(config.max_num_seqs, *batches, 64)
    )
    with console.status(f"loading {config.model_path}"):
        engine = ClockedEngine(config)
    work = Work.from_runner(engine.runner)
    with console.status("measuring the machine") as status:
        threads = torch.get_num_threads()
        peaks = roofline.measure_peaks(threads)
        shapes = work.shapes if products else []
        made = [product for shape in shapes for product in roofline.measure_products(shape, threads)]
        results = []
        for context in contexts:
            for batch in batches:
                status.update(f"{batch} sequences of {context} tokens")
                results += engine.decode(batch, context, steps, rounds)
            status.update(f"{CHUNK} tokens behind {context}")
            results += engine.prefill(context, CHUNK, rounds)
    info = engine.info
    numbers = info.dtype if info.quantization == "none" else f"{info.dtype} with weights of {info.quantization}"
    console.print(
        f"{info.architecture} {numbers} on {info.device}, computed by {info.backend}, {threads} threads; "
        f"median of {rounds} rounds"
    )
    console.print(
        f"Peaks a second: read {peaks.read / 1e9:.1f} GB, copy {peaks.copy / 1e9:.1f} GB, "
        f"{peaks.float_operations / 1e9:.0f} G operations of float32, {peaks.int8_operations / 1e9:.0f} G of int8"
    )
    if made:
        console.print(_products(made, peaks))
    chosen = [_median(results[begin : begin + rounds], tolerance) for begin in range(0, len(results), rounds)]
    console.print(_times(chosen, tolerance))
    console.print(_shares(chosen, work, peaks))
    if any(each.noise > tolerance for each in chosen):
        console.print(
            f"[yellow]Rows in yellow do not count: other processes kept more than {tolerance:.2f} cores busy.[/]"
        )
    machine = {"peaks": asdict(peaks), "products": [asdict(product) for product in made]}
    path = report.write("engine", results, info=msgspec.to_builtins(info), work=asdict(work), **machine)
    console.print(f"Written to {path}")


def _median(rounds: list[Round], tolerance: float) -> Round:
    """The median round of those that count. If none counts, the median of all."""
    quiet = [each for each in rounds if each.noise <= tolerance] or rounds
    return sorted(quiet, key=lambda each: each.seconds)[(len(quiet) - 1) // 2]


def _times(rounds: list[Round], tolerance: float) -> Table:
    table = _table("one step, ms", "batch", "context", "rows", "all", *PARTS, "others' cores")
    for each in rounds:
        table.add_row(
            *_label(each),
            f"{each.seconds / each.steps * 1000:.2f}",
            *(f"{each.parts[part] / each.steps * 1000:.2f}" for part in PARTS),
            f"{each.noise:.2f}",
            style="yellow" if each.noise > tolerance else None,
        )
    return table


def _shares(rounds: list[Round], work: Work, peaks: Peaks) -> Table:
    """The share of its limit that each part reaches, and whether bytes or operations are the limit."""
    limits = [work.limits(each, peaks) for each in rounds]
    table = _table("share of the limit", "batch", "context", "rows", *limits[0], "all", "all at the limits, ms")
    for each, parts in zip(rounds, limits, strict=True):
        shares = [_share(*parts[part], each.parts[part]) for part in parts]
        least = sum(map(max, parts.values()))
        table.add_row(*_label(each), *shares, f"{least / each.seconds:.0%}", f"{least / each.steps * 1000:.2f}")
    return table


def _share(by_bytes: float, by_operations: float, seconds: float) -> str:
    least = max(by_bytes, by_operations)
    if not least:
        return ""
    return f"{least / seconds:.0%} of {'bytes' if by_bytes >= by_operations else 'operations'}"


def _label(each: Round) -> tuple[str, str, str, str]:
    return each.kind, str(each.batch), f"{each.context:,}", str(each.rows // each.steps)


def _products(products: list[Product], peaks: Peaks) -> Table:
    table = _table(
        "product", "k", "n", "numbers", "by", "rows", "ms", "GB/s", "of read", "G operations/s", "of float32"
    )
    for each in products:
        table.add_row(
            *(each.name, str(each.k), str(each.n), each.kind, each.by, str(each.rows), f"{each.seconds * 1000:.3f}"),
            f"{each.bytes_per_second / 1e9:.1f}",
            f"{each.bytes_per_second / peaks.read:.0%}",
            f"{each.operations_per_second / 1e9:.0f}",
            f"{each.operations_per_second / peaks.float_operations:.0%}",
        )
    return table


def _table(*columns: str) -> Table:
    table = Table(*columns)
    for column in table.columns[1:]:
        column.justify = "right"
    return table
