"""Snapshots of a scheduler: each sequence with its progress, and each block in exactly one state."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.protocol.snapshot import MOST_CELLS, MOST_SEQUENCES, BlockCounts, Snapshot
from service.engine.scheduling.block_pool import BlockPool
from service.engine.scheduling.scheduler import Scheduler
from service.engine.scheduling.snapshot import take_snapshot
from tests.engine.toy_model import BLOCK_SIZE, ToyRunner


def make(blocks: int = 16, seqs: int = 4) -> Scheduler:
    return Scheduler(
        BlockPool(blocks, BLOCK_SIZE),
        max_num_seqs=seqs,
        max_batch_tokens=8,
        prefill_chunk=4,
        max_model_len=64,
        ageing_seconds=10.0,
        clock=lambda: 0.0,
    )


def add(scheduler: Scheduler, name: str, prompt: list[int], max_tokens: int = 3) -> None:
    scheduler.add(Request(id=name, prompt=tuple(prompt), params=SamplingParams(max_tokens=max_tokens), arrival=0.0))


def step(scheduler: Scheduler, runner: ToyRunner) -> None:
    scheduled = scheduler.schedule()
    scheduler.commit(scheduled, runner.run(scheduled))


def taken(scheduler: Scheduler) -> Snapshot:
    return take_snapshot(scheduler, lambda: 0.0)


def test_running_sequences_come_first_and_waiting_ones_as_they_start() -> None:
    scheduler, runner = make(seqs=2), ToyRunner()
    for number in range(4):
        add(scheduler, f"r{number}", [number + 1] * 3)
    step(scheduler, runner)
    snapshot = taken(scheduler)
    assert (snapshot.num_running, snapshot.num_waiting) == (2, 2)
    assert [(each.number, each.is_running) for each in snapshot.sequences] == [
        (0, True),
        (1, True),
        (2, False),
        (3, False),
    ]


def test_a_sequence_shows_its_progress() -> None:
    scheduler, runner = make(), ToyRunner()
    add(scheduler, "first", [1, 2, 3, 4, 5], max_tokens=7)
    for _ in range(2):  # a chunk of four tokens, then the rest of the prompt
        step(scheduler, runner)
    (state,) = taken(scheduler).sequences
    assert (state.prompt, state.cached, state.computed, state.generated, state.most_generated) == (5, 0, 5, 1, 7)
    assert state.blocks * BLOCK_SIZE >= 5
    assert state.preemptions == 0


def test_a_block_that_two_sequences_share_is_shared_and_one_that_nobody_holds_is_cached() -> None:
    scheduler, runner = make(), ToyRunner()
    prompt = [1] * (2 * BLOCK_SIZE) + [2]
    add(scheduler, "first", prompt, max_tokens=1)
    while scheduler.num_running or scheduler.num_waiting:
        step(scheduler, runner)
    assert taken(scheduler).cells[:3] == [BlockCounts(0, 0, 1), BlockCounts(0, 0, 1), BlockCounts(0, 0, 0)]
    add(scheduler, "second", prompt, max_tokens=20)
    add(scheduler, "third", prompt, max_tokens=20)
    step(scheduler, runner)
    step(scheduler, runner)
    assert taken(scheduler).cells[:2] == [BlockCounts(1, 0, 0), BlockCounts(1, 0, 0)]
    assert [each.cached for each in taken(scheduler).sequences] == [2 * BLOCK_SIZE, 2 * BLOCK_SIZE]


@given(st.integers(4, 5 * MOST_CELLS))
def test_the_cells_hold_all_blocks_and_are_not_too_many(blocks: int) -> None:
    scheduler, runner = make(blocks=blocks), ToyRunner()
    add(scheduler, "only", [1])
    step(scheduler, runner)
    snapshot = taken(scheduler)
    assert len(snapshot.cells) <= MOST_CELLS
    assert snapshot.blocks_per_cell * (len(snapshot.cells) - 1) < blocks
    assert blocks <= snapshot.blocks_per_cell * len(snapshot.cells)
    assert sum(cell.held for cell in snapshot.cells) == scheduler.pool.num_used
    assert snapshot.blocks_total == blocks


def test_a_long_queue_is_shown_in_part() -> None:
    scheduler = make()
    for number in range(MOST_SEQUENCES + 10):
        add(scheduler, f"r{number}", [1])
    snapshot = taken(scheduler)
    assert len(snapshot.sequences) == MOST_SEQUENCES
    assert snapshot.num_waiting == MOST_SEQUENCES + 10


@pytest.mark.parametrize("seconds", [0.0, 2.5])
def test_the_snapshot_says_how_long_it_took(seconds: float) -> None:
    times = iter([1.0, 1.0 + seconds])
    assert take_snapshot(make(), lambda: next(times)).seconds == seconds
