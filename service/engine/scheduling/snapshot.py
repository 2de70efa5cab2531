"""Takes snapshots of a scheduler: what the live view shows."""

from collections.abc import Callable
from itertools import islice

from service.engine.protocol.snapshot import MOST_CELLS, MOST_SEQUENCES, BlockCounts, SequenceState, Snapshot
from service.engine.scheduling.block_pool import CACHED, HELD, SHARED, BlockPool, num_blocks_for
from service.engine.scheduling.scheduler import Scheduler
from service.engine.scheduling.sequence import Sequence, SequenceStatus


def take_snapshot(scheduler: Scheduler, clock: Callable[[], float]) -> Snapshot:
    """A snapshot between two steps. ``clock`` times it, in seconds."""
    begin = clock()
    pool = scheduler.pool
    per_cell = max(1, num_blocks_for(pool.num_blocks, MOST_CELLS))
    sequences = [_state_of(scheduler, sequence) for sequence in islice(scheduler.in_order(), MOST_SEQUENCES)]
    cells = _cells(pool, per_cell)
    return Snapshot(
        seconds=clock() - begin,
        num_running=scheduler.num_running,
        num_waiting=scheduler.num_waiting,
        sequences=sequences,
        blocks_total=pool.num_blocks,
        blocks_per_cell=per_cell,
        cells=cells,
    )


def _cells(pool: BlockPool, per_cell: int) -> list[BlockCounts]:
    states = pool.states()
    cells = (states[begin : begin + per_cell] for begin in range(0, len(states), per_cell))
    return [BlockCounts(cell.count(SHARED), cell.count(HELD), cell.count(CACHED)) for cell in cells]


def _state_of(scheduler: Scheduler, sequence: Sequence) -> SequenceState:
    blocks = {block for beam in scheduler.beams(sequence) for block in beam.block_table}
    return SequenceState(
        number=sequence.urgency[1],
        is_running=sequence.status is SequenceStatus.RUNNING,
        prompt=sequence.num_prompt,
        cached=sequence.num_cached,
        computed=sequence.num_computed,
        generated=sequence.num_generated,
        most_generated=sequence.params.max_tokens,
        blocks=len(blocks) + len(sequence.source_table),
        preemptions=sequence.num_preemptions,
    )
