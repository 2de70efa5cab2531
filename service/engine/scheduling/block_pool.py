"""The owner of all KV blocks: which are free, which are referenced, and which hold a cached prefix.

The prefix cache is exact. Every *published* block (full and computed) gets a prefix id: a number that stands for all
tokens up to the end of that block and is never used again. The index maps ``(prefix id of the block before, tokens of
the block)`` to the block. It is a trie in one dictionary: tokens are compared, so two prefixes are never mistaken for
each other. The *root* takes the place of the first prefix id: the cache salt, and the number of the adapter if there is
one. So equal prompts under different salts or adapters share nothing.

A free block keeps its content until the pool hands it out again; the least recently used block goes first. The blocks
that followed it can then no longer be matched; they are handed out in their turn.

A block can also be *reserved*: a running sequence is about to compute it. Another sequence that needs the same block
waits for it, which costs less than to compute it again.

Invariants:

- A block is either free or referenced.
- A block has as many references as it has entries in block tables.
- ``match`` finds computed blocks only.
- When no sequence is left, no block is referenced.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Root = str | tuple[str, int]  # the id of the empty prefix: a cache salt, or a cache salt and an adapter's number
SourceRoot = tuple[Root, tuple[int, ...] | bytes]  # that of a source's blocks: the tokens of all of it, or their digest
PrefixId = int | Root | SourceRoot  # all tokens up to the end of a published block
BlockKey = tuple[PrefixId, tuple[int, ...]]  # the prefix before a block, and the block's tokens

EMPTY, CACHED, HELD, SHARED = range(4)  # free; free, with a published prefix; referenced once; and more than once


@dataclass(slots=True, frozen=True)
class PrefixMatch:
    """The part of a sequence that the prefix cache holds."""

    blocks: list[int]
    prefix_id: PrefixId | None  # of the last block, or the root if there is none
    reserved: BlockKey | None  # the block after these, if a running sequence is about to compute it


def num_blocks_for(num_tokens: int, block_size: int) -> int:
    """The number of blocks of ``block_size`` tokens that hold ``num_tokens`` tokens."""
    return -(-num_tokens // block_size)


class BlockPool:
    """Counts the references to ``num_blocks`` blocks of ``block_size`` tokens. It holds no tensor."""

    def __init__(self, num_blocks: int, block_size: int, *, prefix_caching: bool = True) -> None:
        self.num_blocks = num_blocks
        self.block_size = block_size
        self.prefix_caching = prefix_caching
        # Blocks from this one on were never handed out, so a large pool costs nothing until it is used.
        self._first_unused = 0
        # Free blocks that were used before, least recently used first.
        self._free: OrderedDict[int, None] = OrderedDict()
        self._references: dict[int, int] = {}
        self._published: dict[int, tuple[int, BlockKey]] = {}  # block -> its prefix id and key
        self._index: dict[BlockKey, int] = {}  # key -> published block
        self._reserved: set[BlockKey] = set()
        self._last_prefix_id = 0

    @property
    def num_free(self) -> int:
        return self.num_blocks - len(self._references)

    @property
    def num_used(self) -> int:
        """The number of referenced blocks."""
        return len(self._references)

    def states(self) -> bytearray:
        """The state of each block, in one byte: EMPTY, CACHED, HELD or SHARED. It takes time linear in the blocks."""
        states = bytearray(self.num_blocks)
        for block in self._published:
            states[block] = CACHED
        for block, references in self._references.items():
            states[block] = HELD if references == 1 else SHARED
        return states

    def match(self, tokens: Sequence[int], root: PrefixId = "") -> PrefixMatch:
        """Find the longest run of published blocks that ``tokens`` begin with. References are not changed.

        The block with the last token is left out: its logits are needed, so it must be computed.
        """
        prefix_id: PrefixId = root
        blocks: list[int] = []
        if not self.prefix_caching:
            return PrefixMatch(blocks, prefix_id, None)
        size = self.block_size
        for begin in range(0, len(tokens) - size, size):
            key = (prefix_id, tuple(tokens[begin : begin + size]))
            block = self._index.get(key)
            if block is None:
                return PrefixMatch(blocks, prefix_id, key if key in self._reserved else None)
            blocks.append(block)
            prefix_id = self._published[block][0]
        return PrefixMatch(blocks, prefix_id, None)

    def find(self, key: BlockKey) -> tuple[int, PrefixId] | None:
        """The published block with this key, and its prefix id; None if there is none."""
        block = self._index.get(key)
        return None if block is None else (block, self._published[block][0])

    def num_references(self, block: int) -> int:
        """In how many block tables the block is."""
        return self._references.get(block, 0)

    def num_reclaimed(self, blocks: Iterable[int]) -> int:
        """The number of these blocks that are free, so that ``reuse`` would reclaim them."""
        return sum(block not in self._references for block in blocks)

    def reuse(self, blocks: Iterable[int]) -> None:
        """Add a reference to each of these blocks. Those that are free, and so published, are reclaimed."""
        for block in blocks:
            if block not in self._references:
                del self._free[block]
                self._references[block] = 0
            self._references[block] += 1

    def allocate(self, count: int) -> list[int] | None:
        """Hand out ``count`` blocks without content, with one reference each.

        Returns None, and changes nothing, if fewer blocks are free.
        """
        if count > self.num_free:
            return None
        blocks = []
        for _ in range(count):
            if self._first_unused < self.num_blocks:  # before any cached prefix is lost
                block = self._first_unused
                self._first_unused += 1
            else:
                block, _ = self._free.popitem(last=False)
                self._evict(block)
            self._references[block] = 1
            blocks.append(block)
        return blocks

    def release(self, blocks: Sequence[int]) -> None:
        """Drop one reference to each block.

        The last block is freed first, so that the end of a sequence is handed out again before its beginning.
        """
        for block in reversed(blocks):
            count = self._references[block] - 1
            if count:
                self._references[block] = count
            else:
                del self._references[block]
                self._free[block] = None

    def reserve(self, prefix_id: PrefixId, tokens: Sequence[int]) -> BlockKey | None:
        """Announce that the block of ``tokens`` after ``prefix_id`` is about to be computed.

        Returns the key of the reservation, or None if there is nothing to reserve: the block is not full, or it is
        already published or reserved.
        """
        key = (prefix_id, tuple(tokens))
        return key if len(tokens) >= self.block_size and self.reserve_key(key) else None

    def reserve_key(self, key: BlockKey) -> bool:
        """Announce that the block with this key is about to be computed. Returns False as ``reserve`` returns None."""
        if not self.prefix_caching or key in self._index or key in self._reserved:
            return False
        self._reserved.add(key)
        return True

    def is_reserved(self, key: BlockKey) -> bool:
        return key in self._reserved

    def cancel_reservation(self, key: BlockKey) -> None:
        """Cancel a reservation, because the block will not be computed or is published already."""
        self._reserved.discard(key)

    def publish(self, block: int, prefix_id: PrefixId, tokens: Sequence[int]) -> PrefixId:
        """Enter a computed block, full of ``tokens``, into the prefix cache after ``prefix_id``.

        Returns the block's prefix id. If an equal block is published already, that block stays in the index and its
        prefix id is returned, so that both sequences continue with the same prefix.
        """
        if not self.prefix_caching:
            return prefix_id
        key = (prefix_id, tuple(tokens))
        self._reserved.discard(key)
        published = self._index.get(key)
        if published is not None:
            return self._published[published][0]
        self._last_prefix_id += 1
        self._published[block] = (self._last_prefix_id, key)
        self._index[key] = block
        return self._last_prefix_id

    def _evict(self, block: int) -> None:
        """Remove the block from the prefix cache, if it is published."""
        published = self._published.pop(block, None)
        if published is not None:
            del self._index[published[1]]
