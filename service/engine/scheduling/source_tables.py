"""The blocks of sources: the keys and values that the decoder's layers compute of the encoder's last hidden states.

Each position of a source sees all others, so the blocks of a source are computed together, and are of use only
together. The prefix cache has them under the whole source: equal sources under the same salt and adapter share their
blocks. What a decoder generates for a source is a prefix behind the last of these blocks.
"""

from array import array
from dataclasses import dataclass

from service.engine.scheduling.block_pool import BlockKey, BlockPool, PrefixId, num_blocks_for
from service.engine.scheduling.sequence import Sequence


@dataclass(slots=True, frozen=True)
class SourceMatch:
    """What the prefix cache holds of a source: all of it, or nothing."""

    blocks: list[int]  # those of the whole source, or none
    prefix_id: PrefixId | None  # of the last block, or the root without a source; None: the source is not encoded
    num_missing: int  # blocks that are still to be handed out
    reserved: BlockKey | None = None  # another sequence is about to encode this source


class SourceTables:
    """The only writer of a sequence's ``source_table`` and ``num_encoded``."""

    def __init__(self, pool: BlockPool) -> None:
        self._pool = pool
        self._reservations: dict[Sequence, BlockKey] = {}

    def match(self, sequence: Sequence) -> SourceMatch:
        """Find the source in the prefix cache. References are not changed."""
        if not sequence.num_source:
            return SourceMatch([], sequence.root, 0)
        count = num_blocks_for(sequence.num_source, self._pool.block_size)
        prefix_id: PrefixId = sequence.source_root
        first = _key(prefix_id, 0)
        blocks: list[int] = []
        for number in range(count):
            found = self._pool.find(_key(prefix_id, number))
            if found is None:
                return SourceMatch([], None, count, first if self._pool.is_reserved(first) else None)
            blocks.append(found[0])
            prefix_id = found[1]
        return SourceMatch(blocks, prefix_id, 0)

    def num_taken(self, match: SourceMatch) -> int:
        """The free blocks that ``allocate`` takes."""
        return match.num_missing + self._pool.num_reclaimed(match.blocks)

    def allocate(self, sequence: Sequence, match: SourceMatch) -> None:
        """Give a sequence the blocks of its source. Enough of them are free.

        A source that is not encoded is reserved, so that sequences with the same source wait for it.
        """
        self._pool.reuse(match.blocks)
        new = self._pool.allocate(match.num_missing)
        assert new is not None, "too few blocks are free"
        sequence.source_table = array("q", match.blocks + new)
        sequence.num_encoded = 0 if match.num_missing else sequence.num_source
        if match.num_missing:
            key = _key(sequence.source_root, 0)
            if self._pool.reserve_key(key):
                self._reservations[sequence] = key

    def publish(self, sequence: Sequence) -> None:
        """Record that the source is encoded, and enter its blocks into the prefix cache."""
        sequence.num_encoded = sequence.num_source
        prefix_id: PrefixId = sequence.source_root
        for number, block in enumerate(sequence.source_table):
            prefix_id = self._pool.publish(block, *_key(prefix_id, number))
        sequence.prefix_id = prefix_id
        self._reservations.pop(sequence, None)

    def free(self, sequence: Sequence) -> None:
        """Release the blocks and cancel the reservation. The prefix cache keeps what was published."""
        self._pool.release(sequence.source_table)
        if (key := self._reservations.pop(sequence, None)) is not None:
            self._pool.cancel_reservation(key)
        sequence.source_table = array("q")
        sequence.num_encoded = 0


def _key(prefix_id: PrefixId, number: int) -> BlockKey:
    """The key of block ``number`` of a source. The root has its tokens."""
    return prefix_id, (number,)
