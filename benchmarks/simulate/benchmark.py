"""The simulation of policies and numbers of replicas, and its table."""

import time
from collections.abc import Mapping, Sequence

from benchmarks.report.files import write_results
from benchmarks.report.tables import format_number, numeric_table, open_console
from benchmarks.simulate.checking import Check, Figures
from benchmarks.simulate.load import Arrival, sizes
from benchmarks.simulate.machine import Machine
from benchmarks.simulate.routing import POLICIES
from benchmarks.simulate.simulation import Summary, simulate, summarize

_COLUMNS = ("out tok/s", "TTFT mean", "p50", "p95", "p99", "ITL p50", "p99", "cached", "busy", "cost of 1M out")


def compare(
    machine: Machine, loads: Mapping[int, Sequence[Arrival]], policies: Sequence[str], price_per_hour: float
) -> list[Summary]:
    """Simulate each policy under the load of each number of replicas, print the table and write the results."""
    console = open_console(150)
    console.print(f"{machine.processor}, {machine.model}, {machine.threads} threads ({machine.measured})")
    table = numeric_table("replicas", "policy", *_COLUMNS, labels=2)
    results = []
    begin = time.perf_counter()
    with console.status("") as status:
        for count, arrivals in loads.items():
            console.print(f"{count} replicas: {sizes(arrivals)}")
            for policy in policies:
                status.update(f"{count} replicas, {policy}")
                served, replicas = simulate(machine, arrivals, POLICIES[policy](count, machine), count)
                results.append(summarize(policy, served, replicas, price_per_hour))
                table.add_row(*_row(results[-1]))
    console.print(table)
    console.print(f"times in milliseconds; simulated in {time.perf_counter() - begin:.0f} s")
    path = write_results("simulate", results, processor=machine.processor, model=machine.model, price=price_per_hour)
    console.print(f"written to {path}")
    return results


def report_check(found: Check) -> None:
    """Print what was measured and what was simulated, and the errors."""
    console = open_console(110)
    table = numeric_table("", "measured", "simulated", "error, %", f"steps x {found.factor:.2f}", "error, %")
    for name in Figures.__dataclass_fields__:
        real = getattr(found.measured, name)
        cells = [format_number(real)]
        for guessed in (getattr(found.simulated, name), getattr(found.at_its_speed, name)):
            cells += [format_number(guessed), f"{(guessed / real - 1) * 100:+.0f}" if real and guessed else "-"]
        table.add_row(name, *cells)
    console.print(table)
    console.print(f"other processes kept {found.noise:.2f} cores busy")


def _row(summary: Summary) -> list[str]:
    times = (summary.ttft_mean, summary.ttft_p50, summary.ttft_p95, summary.ttft_p99, summary.itl_p50, summary.itl_p99)
    shares = (f"{share:.0%}" for share in (summary.cached_share, summary.busy_share))
    speed = format_number(summary.tokens_per_second)
    return [f"{summary.replicas}", summary.policy, speed, *map(format_number, times), *shares, f"{summary.cost:.2f}"]
