"""What a step costs the host grows with what is in it, and not at all with what waits or with the cache's size.

Calls are counted, not time: of Python functions and of what is built in.
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


def calls(function: Callable[[], object]) -> int:
    """How many calls running it takes."""
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


def decoding(*, running: int = 64, waiting: int = 0, num_blocks: int = 10_000, prompt_tokens: int = 5) -> Scheduler:
    """A scheduler in the midst of its work: all places taken, the rest queued."""
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
    step(scheduler)
    assert (scheduler.num_running, scheduler.num_waiting) == (running, waiting)
    return scheduler


def step(scheduler: Scheduler) -> None:
    scheduled = scheduler.schedule()
    scheduler.commit(scheduled, [ChunkOutput(token=1)] * len(scheduled.chunks))


def work(scheduler: Scheduler) -> int:
    """Of 32 steps, so that every sequence fills blocks and takes new ones."""
    return calls(lambda: [step(scheduler) for _ in range(32)])


@pytest.mark.parametrize("more", [{"waiting": 10_000}, {"num_blocks": 1_000_000}, {"prompt_tokens": 53}], ids=str)
def test_what_waits_how_large_the_cache_is_and_how_long_contexts_are_cost_nothing(more: dict[str, int]) -> None:
    assert work(decoding(**more)) < 1.1 * work(decoding())


def test_those_who_wait_for_a_block_cost_no_more_the_longer_their_queue_is() -> None:
    """The cache is full, so that each step looks at the queue and finds no place for its first."""
    few, many = (decoding(running=16, num_blocks=31) for _ in range(2))
    for scheduler, waiting in ((few, 10), (many, 10_000)):
        scheduler.max_num_seqs = 32
        for number in range(waiting):
            params = SamplingParams(max_tokens=1)
            scheduler.add(Request(id=f"late {number}", prompt=(number,) * 16, params=params, arrival=1000.0 + number))
    assert calls(lambda: [step(many) for _ in range(8)]) < 1.1 * calls(lambda: [step(few) for _ in range(8)])


def test_work_grows_linearly_with_the_sequences() -> None:
    assert work(decoding(running=256)) < 4.4 * work(decoding(running=64))
