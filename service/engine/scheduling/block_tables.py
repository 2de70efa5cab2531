"""The block tables of sequences: their blocks come from the pool, and are shared with other sequences once computed.

The tokens of a sequence with a source are a prefix behind that source. So nothing is published or reserved before the
source is encoded.
"""

from array import array

from service.engine.scheduling.block_pool import BlockPool, PrefixMatch, num_blocks_for
from service.engine.scheduling.sequence import Sequence


class BlockTables:
    """The only writer of a sequence's ``block_table``, ``num_published``, ``prefix_id`` and ``reservation``."""

    def __init__(self, pool: BlockPool) -> None:
        self._pool = pool

    def has_room(self, sequence: Sequence, match: PrefixMatch, *, num_spare: int) -> bool:
        """Whether at least ``num_spare`` free blocks are left after ``allocate``."""
        num_free = self._pool.num_free - self._pool.num_reclaimed(match.blocks)
        return num_free >= self._num_missing(sequence, match) + num_spare

    def allocate(self, sequence: Sequence, match: PrefixMatch) -> None:
        """Give a sequence without blocks those of ``match`` and new ones for all its other tokens. Enough are free.

        The next block is reserved, so that sequences with the same prefix wait for it.
        """
        self._pool.reuse(match.blocks)
        new = self._pool.allocate(self._num_missing(sequence, match))
        assert new is not None, "too few blocks are free"
        sequence.block_table = array("q", match.blocks + new)
        sequence.num_published = len(match.blocks)
        sequence.prefix_id = match.prefix_id
        self._reserve_next(sequence)

    def grow(self, sequence: Sequence, num_tokens: int) -> bool:
        """Add the blocks that ``num_tokens`` tokens need. Returns False, and changes nothing, if too few are free."""
        needed = num_blocks_for(num_tokens, self._pool.block_size) - len(sequence.block_table)
        blocks = self._pool.allocate(needed)
        if blocks is None:
            return False
        sequence.block_table.extend(blocks)
        return True

    def grow_beams(self, beams: list[Sequence], num_tokens: int) -> list[tuple[int, int]] | None:
        """Give each beam a block of its own for token ``num_tokens - 1``, which it computes next.

        Returns the copies (from block, to block) to be made: of those beams that share their last block, which is not
        full, all but one get a copy. Returns None, and changes nothing, if too few blocks are free.
        """
        count = num_blocks_for(num_tokens, self._pool.block_size)
        lacking = [beam for beam in beams if len(beam.block_table) < count]
        last = {beam.block_table[-1] for beam in beams if len(beam.block_table) == count}
        num_shared = sum(self._pool.num_references(block) - 1 for block in last)
        blocks = self._pool.allocate(len(lacking) + num_shared)
        if blocks is None:
            return None
        copies = []
        for beam in beams:
            if len(beam.block_table) < count:
                beam.block_table.append(blocks.pop())
            elif self._pool.num_references(shared := beam.block_table[-1]) > 1:
                beam.block_table[-1] = blocks.pop()
                copies.append((shared, beam.block_table[-1]))
                self._pool.release([shared])
        return copies

    def fork(self, beams: list[Sequence], parents: list[int], children: list[Sequence]) -> None:
        """Give each of ``children`` the blocks of its parent among ``beams``, and release those that no child has.

        ``parents`` has the number of each child's parent. A child may be one of ``beams``.
        """
        states = [(beam.block_table, beam.num_published, beam.prefix_id) for beam in beams]
        taken: set[int] = set()
        for beam in beams:
            beam.block_table = array("q")
        for child, parent in zip(children, parents, strict=True):
            table, child.num_published, child.prefix_id = states[parent]
            if parent in taken:
                self._pool.reuse(table)
            child.block_table = array("q", table)
            taken.add(parent)
        for parent, (table, _, _) in enumerate(states):
            if parent not in taken:
                self._pool.release(table)

    def publish(self, sequence: Sequence) -> None:
        """Enter the blocks that are full and computed into the prefix cache, and reserve the next one."""
        size = self._pool.block_size
        before = sequence.num_published
        if sequence.prefix_id is None:
            return
        while (sequence.num_published + 1) * size <= sequence.num_computed:
            begin = sequence.num_published * size
            block = sequence.block_table[sequence.num_published]
            sequence.prefix_id = self._pool.publish(block, sequence.prefix_id, sequence.tokens[begin : begin + size])
            sequence.num_published += 1
        if sequence.num_published > before:
            self._reserve_next(sequence)

    def free(self, sequence: Sequence) -> None:
        """Release the blocks and cancel the reservation. The prefix cache keeps what was published."""
        self._pool.release(sequence.block_table)
        self.cancel_reservation(sequence)
        sequence.block_table = array("q")
        sequence.num_published = 0
        sequence.prefix_id = sequence.root

    def cancel_reservation(self, sequence: Sequence) -> None:
        """Let no sequence wait for the next block of this one, until it has published one more."""
        if sequence.reservation is not None:
            self._pool.cancel_reservation(sequence.reservation)
            sequence.reservation = None

    def _num_missing(self, sequence: Sequence, match: PrefixMatch) -> int:
        """The blocks that a sequence needs beside those of ``match``."""
        return num_blocks_for(sequence.num_tokens, self._pool.block_size) - len(match.blocks)

    def _reserve_next(self, sequence: Sequence) -> None:
        """Reserve the block after those that are published, if the sequence has all tokens of it."""
        if sequence.prefix_id is None:
            return
        begin = sequence.num_published * self._pool.block_size
        sequence.reservation = self._pool.reserve(
            sequence.prefix_id, sequence.tokens[begin : begin + self._pool.block_size]
        )
