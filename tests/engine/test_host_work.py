"""The host's work for a step grows with its sequences, and not with the length of the queue or the size of the cache.

The tests count calls of Python functions and of built-in functions, since time would depend on the machine.
"""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.block_pool import BlockPool
from service.engine.scheduling.scheduler import Scheduler
from service.engine.scheduling.step import ChunkOutput


def num_calls(function: Callable[[], object]) -> int:
    """The number of calls that ``function`` makes."""
    count = 0

    def profile(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


def make_scheduler(
    *, running: int = 64, waiting: int = 0, num_blocks: int = 10_000, prompt_tokens: int = 5
) -> Scheduler:
    """A scheduler with ``waiting`` queued sequences and ``running`` decoding ones, which is the most it may run."""
    pool = BlockPool(num_blocks, 16)
    scheduler = Scheduler(
        pool,
        max_num_seqs=running,
        max_batch_tokens=8192,
        prefill_chunk=2048,
        max_model_len=1 << 20,
        ageing_seconds=10.0,
        clock=lambda: 0.0,
    )
    for number in range(running + waiting):
        prompt = (number, *range(prompt_tokens - 1))
        request = Request(id=str(number), prompt=prompt, params=SamplingParams(max_tokens=200), arrival=float(number))
        scheduler.add(request)
    steps(scheduler, 1)
    assert (scheduler.num_running, scheduler.num_waiting) == (running, waiting)
    return scheduler


def steps(scheduler: Scheduler, count: int) -> None:
    """Compute ``count`` steps, with an output that costs nothing."""
    for _ in range(count):
        step = scheduler.schedule()
        scheduler.commit(step, [ChunkOutput(token=1)] * len(step.chunks))


def num_step_calls(scheduler: Scheduler) -> int:
    """The number of calls in 32 steps, in which every sequence fills blocks and gets new ones."""
    return num_calls(lambda: steps(scheduler, 32))


@pytest.mark.parametrize("more", [{"waiting": 10_000}, {"num_blocks": 1_000_000}, {"prompt_tokens": 53}], ids=str)
def test_a_long_queue_a_large_cache_and_long_contexts_cost_nothing(more: dict[str, int]) -> None:
    assert num_step_calls(make_scheduler(**more)) < 1.1 * num_step_calls(make_scheduler())


def test_a_long_queue_costs_nothing_while_no_block_is_free() -> None:
    """The cache is full, so each step looks at the queue and finds no room for its first sequence."""
    few, many = (make_scheduler(running=16, num_blocks=31) for _ in range(2))
    for scheduler, waiting in ((few, 10), (many, 10_000)):
        scheduler.max_num_seqs = 32
        for number in range(waiting):
            params = SamplingParams(max_tokens=1)
            scheduler.add(Request(id=f"late {number}", prompt=(number,) * 16, params=params, arrival=1000.0 + number))
    assert num_calls(lambda: steps(many, 8)) < 1.1 * num_calls(lambda: steps(few, 8))


def test_work_grows_linearly_with_the_running_sequences() -> None:
    assert num_step_calls(make_scheduler(running=256)) < 4.4 * num_step_calls(make_scheduler(running=64))
