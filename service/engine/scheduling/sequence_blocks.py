"""The blocks of a sequence: those of its source, and those of its tokens, which are a prefix behind the source."""

from dataclasses import dataclass

from service.engine.scheduling.block_pool import BlockKey, BlockPool, PrefixMatch
from service.engine.scheduling.block_tables import BlockTables
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.source_tables import SourceMatch, SourceTables


@dataclass(slots=True, frozen=True)
class CachedBlocks:
    """What the prefix cache holds of a sequence."""

    source: SourceMatch
    prefix: PrefixMatch
    num_source: int  # positions of the source that are still to be encoded
    num_tokens: int  # leading tokens that are computed

    @property
    def reserved(self) -> BlockKey | None:
        """What another sequence is about to compute and this one needs next."""
        return self.source.reserved or self.prefix.reserved


class SequenceBlocks:
    """Finds, hands out and releases the blocks of whole sequences. ``tables`` lets streams and beams grow."""

    def __init__(self, pool: BlockPool) -> None:
        self._pool = pool
        self.tables = BlockTables(pool)
        self._sources = SourceTables(pool)

    def find(self, sequence: Sequence) -> CachedBlocks:
        """Look a sequence up in the prefix cache. References are not changed."""
        source = self._sources.match(sequence)
        if source.prefix_id is None:
            return CachedBlocks(source, PrefixMatch([], None, None), sequence.num_source, 0)
        needs_all_logits = sequence.params.prompt_logprobs is not None  # cached tokens have no logits
        prefix = self._pool.match(() if needs_all_logits else sequence.tokens, source.prefix_id)
        return CachedBlocks(source, prefix, 0, len(prefix.blocks) * self._pool.block_size)

    def count_cached(self, sequence: Sequence) -> int:
        """The positions of its source and the tokens that the prefix cache has."""
        found = self.find(sequence)
        return found.num_tokens + sequence.num_source - found.num_source

    def allocate(self, sequence: Sequence, found: CachedBlocks, *, num_spare: int) -> bool:
        """Give a sequence without blocks those that were ``found``, and new ones for all the rest.

        Returns False, and changes nothing, if fewer than ``num_spare`` free blocks would be left.
        """
        num_taken = self._sources.num_taken(found.source)
        if not self.tables.has_room(sequence, found.prefix, num_spare=num_spare + num_taken):
            return False
        self._sources.allocate(
            sequence, found.source
        )  # first: new blocks of the tokens might evict those of the source
        self.tables.allocate(sequence, found.prefix)
        return True

    def publish_source(self, sequence: Sequence) -> None:
        """Record that the source is encoded."""
        self._sources.publish(sequence)

    def publish(self, sequence: Sequence) -> None:
        """Enter what is computed into the prefix cache."""
        if sequence.num_computed >= (sequence.num_published + 1) * self._pool.block_size:
            self.tables.publish(sequence)

    def free(self, sequence: Sequence) -> None:
        """Release all blocks of a sequence."""
        self.tables.free(sequence)
        self._sources.free(sequence)
