"""A sequence's blocks: taken from the pool, announced and published to others, given back."""

from array import array

from service.engine.scheduling.block_pool import BlockPool, num_blocks_for
from service.engine.scheduling.sequence import Sequence


class BlockTables:
    """Writes block tables and what of them the prefix cache knows."""

    def __init__(self, pool: BlockPool) -> None:
        self._pool = pool

    def place(self, sequence: Sequence, cached: list[int], *, reserve: int) -> bool:
        """Give it blocks for all its tokens, the cached ones included; False if there are too few.

        ``reserve`` blocks are left over: one for each who runs, so that this causes no preemption in the next step.
        """
        needed = num_blocks_for(sequence.num_tokens, self._pool.block_size) - len(cached)
        if self._pool.num_free - self._pool.num_revived(cached) < needed + reserve:
            return False
        self._pool.take(cached)
        sequence.block_table = array("q", cached + (self._pool.allocate(needed) or []))
        return True

    def announce(self, sequence: Sequence) -> None:
        """Tell who has the same beginning to wait for this sequence's next block."""
        begin = sequence.num_published * self._pool.block_size
        sequence.announced = self._pool.announce(
            sequence.content, sequence.tokens[begin : begin + self._pool.block_size]
        )

    def publish(self, sequence: Sequence) -> None:
        """Enter the blocks that are full and computed into the prefix cache."""
        size = self._pool.block_size
        before = sequence.num_published
        while (sequence.num_published + 1) * size <= sequence.num_computed:
            begin = sequence.num_published * size
            block = sequence.block_table[sequence.num_published]
            sequence.content = self._pool.publish(block, sequence.content, sequence.tokens[begin : begin + size])
            sequence.num_published += 1
        if sequence.num_published > before:
            self.announce(sequence)

    def give_back(self, sequence: Sequence) -> None:
        """Release its blocks and take back what it announced."""
        self._pool.release(sequence.block_table)
        if sequence.announced is not None:
            self._pool.withdraw(sequence.announced)
        sequence.block_table = array("q")
        sequence.num_computed = sequence.num_published = 0
        sequence.content = sequence.request.cache_salt
        sequence.announced = sequence.awaited = None
