"""The simulation: arrivals and ends of steps, one after another in the order of their times."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.report.statistics import percentile
from benchmarks.simulate.load import Arrival
from benchmarks.simulate.machine import Machine
from benchmarks.simulate.replica import Replica, Served
from benchmarks.simulate.routing import Router

_ARRIVAL, _STEP = 0, 1  # at equal times a request arrives before a step ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One policy with one number of replicas. Times are milliseconds."""

    policy: str
    replicas: int
    requests: int
    seconds: float  # from the first arrival to the last token
    prompt_tokens: int
    output_tokens: int
    computed_tokens: int  # by the engines: prompts without what was cached, outputs, and what preemption repeated
    tokens_per_second: float  # of outputs
    ttft_mean: float
    ttft_p50: float | None
    ttft_p95: float | None
    ttft_p99: float | None
    itl_p50: float | None
    itl_p99: float | None
    cached_share: float  # of the prompts' tokens
    busy_share: float  # of the replicas' time
    cost: float  # of a million tokens of outputs


def simulate(
    machine: Machine, arrivals: Sequence[Arrival], router: Router, count: int
) -> tuple[list[Served], list[Replica]]:
    """All requests in the order of their arrival, and the replicas, which are idle again.

    Raises RequestTooLarge for a request that does not fit into the machine.
    """
    replicas = [Replica(number, machine) for number in range(count)]
    served: list[Served] = []
    events = [(each.time, _ARRIVAL, number) for number, each in enumerate(arrivals)]
    heapq.heapify(events)
    while events:
        now, kind, number = heapq.heappop(events)
        if kind == _ARRIVAL:
            arrival = arrivals[number]
            replica = replicas[router.choose(arrival)]
            served.append(Served(arrival, replica.number))
            replica.add(f"{number}", served[-1], now)
            if not replica.is_idle:
                continue
        else:
            replica = replicas[number]
            for done in replica.end(now):
                router.ended(done.arrival, number)
        if (end := replica.begin(now)) is not None:
            heapq.heappush(events, (end, _STEP, replica.number))
    return served, replicas


def summarize(policy: str, served: Sequence[Served], replicas: Sequence[Replica], price_per_hour: float) -> Summary:
    """The figures of one simulation. ``price_per_hour`` is that of one replica's machine."""
    first = [each.first - each.arrival.time for each in served]
    gaps = [gap for each in served for gap in each.gaps]
    seconds = max(each.last for each in served) - min(each.arrival.time for each in served)
    prompt_tokens = sum(each.arrival.prompt_tokens for each in served)
    output_tokens = sum(each.tokens for each in served)
    return Summary(
        policy=policy,
        replicas=len(replicas),
        requests=len(served),
        seconds=seconds,
        prompt_tokens=prompt_tokens,
        output_tokens=output_tokens,
        computed_tokens=sum(replica.computed_tokens for replica in replicas),
        tokens_per_second=output_tokens / seconds,
        ttft_mean=1000 * sum(first) / len(first),
        ttft_p50=percentile(first, 50),
        ttft_p95=percentile(first, 95),
        ttft_p99=percentile(first, 99),
        itl_p50=percentile(gaps, 50),
        itl_p99=percentile(gaps, 99),
        cached_share=sum(each.cached for each in served) / prompt_tokens,
        busy_share=min(1.0, sum(replica.busy_seconds for replica in replicas) / seconds / len(replicas)),  # rounded
        cost=price_per_hour * len(replicas) * seconds / 3600 / (output_tokens / 1e6),
    )
