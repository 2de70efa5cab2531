"""The benchmark of an engine step: the time of its parts, and how near they come to the limits of this machine.

The limit of a part is the least time for its bytes or for its operations, whichever is longer. Its share is this limit
divided by the time that the part took.
"""

from dataclasses import asdict

import msgspec
import torch
from rich.table import Table

from benchmarks.engine.peaks import Peaks, measure_peaks
from benchmarks.engine.products import ProductSpeed, measure_products
from benchmarks.engine.timed_engine import PARTS, StepRound, TimedEngine
from benchmarks.engine.work import StepWork
from benchmarks.report.files import write_results
from benchmarks.report.statistics import quiet_ones
from benchmarks.report.tables import numeric_table, open_console, print_noise_warning, row_style
from service.engine.protocol.config import EngineConfig
from service.engine.scheduling.block_pool import num_blocks_for

PREFILL_TOKENS = 512
_BLOCK_SIZE = 16  # tokens; the smallest block size that the engine chooses, so the cache is never too small
_LEAST_MAX_NUM_SEQS = 64


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
    """Measure the engine and the machine; print and write the results.

    ``tolerance``: cores that other processes may keep busy during a round that counts. Raises OSError if there is no
    compiler.
    """
    console = open_console(220)
    longest = max(contexts) + max(PREFILL_TOKENS, steps * (rounds + 1) + 2)
    num_blocks = (max(batches) + 1) * num_blocks_for(longest, config.block_size or _BLOCK_SIZE)
    config = msgspec.structs.replace(
        config,
        num_blocks=config.num_blocks or num_blocks,
        max_num_seqs=max(config.max_num_seqs, *batches, _LEAST_MAX_NUM_SEQS),
        speculation="off",  # the steps of a round are equal
    )
    with console.status(f"loading {config.model_path}"):
        engine = TimedEngine(config)
    work = StepWork.from_runner(engine.runner)
    with console.status("measuring the machine") as status:
        threads = torch.get_num_threads()
        peaks = measure_peaks(threads)
        shapes = work.shapes if products else []
        speeds = [speed for shape in shapes for speed in measure_products(shape, threads)]
        results = []
        for context in contexts:
            for batch in batches:
                status.update(f"{batch} sequences of {context} tokens")
                results += engine.measure_decode(batch, context, steps, rounds)
            status.update(f"{PREFILL_TOKENS} tokens after a context of {context}")
            results += engine.measure_prefill(context, PREFILL_TOKENS, rounds)
    info = engine.info
    weights = info.dtype if info.quantization == "none" else f"{info.dtype} with weights of {info.quantization}"
    console.print(
        f"{info.architecture} {weights} on {info.device}, computed by {info.backend}, {threads} threads; "
        f"median of {rounds} rounds"
    )
    console.print(
        f"Peaks per second: read {peaks.read / 1e9:.1f} GB, copy {peaks.copy / 1e9:.1f} GB, "
        f"{peaks.float_operations / 1e9:.0f} G operations of float32, {peaks.int8_operations / 1e9:.0f} G of int8, "
        f"{peaks.int4_operations / 1e9:.0f} G of int4"
    )
    if speeds:
        console.print(_product_table(speeds, peaks))
    medians = [_median_round(results[start : start + rounds], tolerance) for start in range(0, len(results), rounds)]
    console.print(_time_table(medians, tolerance))
    console.print(_share_table(medians, work, peaks))
    print_noise_warning(console, (each.noise for each in medians), tolerance)
    machine = {"peaks": asdict(peaks), "products": [asdict(speed) for speed in speeds]}
    path = write_results("engine", results, info=msgspec.to_builtins(info), work=asdict(work), **machine)
    console.print(f"Written to {path}")


def _median_round(rounds: list[StepRound], tolerance: float) -> StepRound:
    """The quiet round of median time."""
    quiet = quiet_ones(rounds, tolerance)
    return sorted(quiet, key=lambda each: each.seconds)[(len(quiet) - 1) // 2]


def _time_table(rounds: list[StepRound], tolerance: float) -> Table:
    table = numeric_table("one step, ms", "batch", "context", "rows", "all", *PARTS, "others' cores")
    for each in rounds:
        table.add_row(
            *_label_cells(each),
            f"{each.seconds / each.steps * 1000:.2f}",
            *(f"{each.parts[part] / each.steps * 1000:.2f}" for part in PARTS),
            f"{each.noise:.2f}",
            style=row_style(each.noise, tolerance),
        )
    return table


def _share_table(rounds: list[StepRound], work: StepWork, peaks: Peaks) -> Table:
    """The share of its limit that each part reaches, and which limit this is."""
    limits = [work.limits(each, peaks) for each in rounds]
    table = numeric_table("share of the limit", "batch", "context", "rows", *limits[0], "all", "all at the limits, ms")
    for each, parts in zip(rounds, limits, strict=True):
        shares = [_share(*parts[part], each.parts[part]) for part in parts]
        least = sum(map(max, parts.values()))
        table.add_row(*_label_cells(each), *shares, f"{least / each.seconds:.0%}", f"{least / each.steps * 1000:.2f}")
    return table


def _share(by_bytes: float, by_operations: float, seconds: float) -> str:
    least = max(by_bytes, by_operations)
    if not least:
        return ""
    return f"{least / seconds:.0%} of {'bytes' if by_bytes >= by_operations else 'operations'}"


def _label_cells(each: StepRound) -> tuple[str, str, str, str]:
    return each.kind, str(each.batch), f"{each.context:,}", str(each.rows // each.steps)


def _product_table(speeds: list[ProductSpeed], peaks: Peaks) -> Table:
    table = numeric_table(
        "product", "k", "n", "numbers", "by", "rows", "ms", "GB/s", "of read", "G operations/s", "of float32"
    )
    for each in speeds:
        table.add_row(
            *(each.name, str(each.k), str(each.n), each.kind, each.by, str(each.rows), f"{each.seconds * 1000:.3f}"),
            f"{each.bytes_per_second / 1e9:.1f}",
            f"{each.bytes_per_second / peaks.read:.0%}",
            f"{each.operations_per_second / 1e9:.0f}",
            f"{each.operations_per_second / peaks.float_operations:.0%}",
        )
    return table
