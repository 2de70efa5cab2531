"""A simulation beside the real service, under the same load: how wrong is it?

A machine that other processes use is slower in one minute than in the next, which no simulation knows. So there are two
simulations: one with the machine as it was measured, and one with all seconds times one factor, for which its steps
take as long in sum as those of the service took in this run. The error of the second is that of the simulation itself.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.processes.noise import Noise
from benchmarks.processes.trivium_service import fetch_metrics
from benchmarks.report.statistics import percentile
from benchmarks.serving.cases import LoadRequest
from benchmarks.serving.client import Target, Trace, send_load
from benchmarks.serving.rounds import TRIVIUM, fetch_model_name, trivium_server, warm_up
from benchmarks.simulate.load import Arrival, Piece
from benchmarks.simulate.machine import Machine
from benchmarks.simulate.routing import RoundRobin
from benchmarks.simulate.simulation import simulate, summarize

_STEP_SECONDS = "trivium_step_duration_seconds_sum"
_ROUNDS = 8  # in which the factor comes close


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What both have. Times are milliseconds."""

    tokens_per_second: float
    ttft_p50: float | None
    ttft_p95: float | None
    itl_p50: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The figures of the service and of both simulations."""

    measured: Figures
    simulated: Figures
    at_its_speed: Figures  # with the seconds of steps times ``factor``
    factor: float
    noise: float  # cores that other processes kept busy


def check(source: str, machine: Machine, arrivals: Sequence[Arrival], arguments: list[str]) -> Check:
    """Measure and simulate. Raises ServerFailed."""
    load = [_with_its_own_output(number, each) for number, each in enumerate(arrivals)]
    flags = [
        *("--threads", f"{machine.threads}", "--max-num-seqs", f"{machine.max_num_seqs}", "--speculation", "off"),
        *("--max-batch-tokens", f"{machine.max_batch_tokens}", "--prefill-chunk", f"{machine.prefill_chunk}"),
        *("--num-blocks", f"{machine.num_blocks}", "--target-itl-ms", f"{machine.target_itl_ms:g}"),
        *("--max-requests", "100000", "--max-queued-tokens", "100000000", "--queue-timeout", "600"),
    ]
    requests = [LoadRequest(list(each.prompt_ids()), each.output.tokens, each.time) for each in load]
    with trivium_server(source, [*flags, *arguments]) as server:
        target = Target(TRIVIUM, server.url, fetch_model_name(server.url))
        warm_up(target)
        before = asyncio.run(fetch_metrics(server.url))[_STEP_SECONDS]
        with Noise(server.pid) as noise:
            traces = asyncio.run(send_load(target, requests))
        step_seconds = asyncio.run(fetch_metrics(server.url))[_STEP_SECONDS] - before
    factor = find_factor(machine, load, step_seconds)
    return Check(
        measured=_measured(load, traces),
        simulated=_simulated(machine, load)[0],
        at_its_speed=_simulated(machine.times(factor), load)[0],
        factor=factor,
        noise=noise.cores,
    )


def find_factor(machine: Machine, load: Sequence[Arrival], step_seconds: float) -> float:
    """The factor for which the steps of the load take so many seconds in sum. Slower steps are fewer and larger."""
    factor = 1.0
    for _ in range(_ROUNDS):
        factor *= step_seconds / _simulated(machine.times(factor), load)[1]
    return factor


def _simulated(machine: Machine, load: Sequence[Arrival]) -> tuple[Figures, float]:
    """The figures of one replica, and the seconds of its steps."""
    served, replicas = simulate(machine, load, RoundRobin(1, machine), 1)
    summary = summarize("", served, replicas, price_per_hour=0.0)
    names = Figures.__dataclass_fields__
    return Figures(**{name: getattr(summary, name) for name in names}), replicas[0].busy_seconds


def _with_its_own_output(number: int, arrival: Arrival) -> Arrival:
    """The same request with an output that is in no later prompt, as what a real model writes is in none of these."""
    return replace(arrival, output=Piece(f"real-{number}", arrival.output.tokens))


def _measured(arrivals: Sequence[Arrival], traces: Sequence[Trace]) -> Figures:
    """Raises RuntimeError if a request has failed."""
    if failed := [trace.error for trace in traces if trace.error]:
        raise RuntimeError(f"{len(failed)} requests failed: {failed[0]}")
    end = max(arrival.time + trace.last for arrival, trace in zip(arrivals, traces, strict=True))
    first = [trace.first for trace in traces]
    return Figures(
        tokens_per_second=sum(trace.tokens for trace in traces) / (end - arrivals[0].time),
        ttft_p50=percentile(first, 50),
        ttft_p95=percentile(first, 95),
        itl_p50=percentile([gap for trace in traces for gap in trace.gaps], 50),
    )
