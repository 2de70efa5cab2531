"""Which KV blocks are free, which are held, and what they hold.

The prefix cache is exact. Every block that is *published* (full and computed) gets a content id that is never used
again, and the index maps ``(content id of the block before it, its tokens)`` to it: a trie in one dictionary, without
hashes and so without collisions. A chain begins at its salt, so that equal prompts under different salts never meet. A
free block keeps its content until it is taken, least recently used first; what followed a taken block becomes
unreachable and is taken in its turn.

A block may also be *announced*: a running sequence is about to compute it. Whoever wants the same content does better
to wait for that than to compute it again.

Invariants: a block is free or referenced, never both; its references are its occurrences in block tables; only computed
blocks are found by ``match``; with no sequence left nothing is held.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Content = int | str  # the content id of a block, or the salt that a chain begins from
Key = tuple[Content, tuple[int, ...]]  # the content before a block, and its tokens


@dataclass(slots=True, frozen=True)
class Match:
    """What the prefix cache has of a sequence's beginning."""

    blocks: list[int]
    content: Content  # of the last of them, or the salt
    pending: Key | None  # the block after them, if somebody is computing it


def num_blocks_for(num_tokens: int, block_size: int) -> int:
    """The number of blocks of ``block_size`` tokens that hold ``num_tokens`` tokens."""
    return -(-num_tokens // block_size)


class BlockPool:
    """Counts references to ``num_blocks`` blocks of ``block_size`` tokens; holds no tensor."""

    def __init__(self, num_blocks: int, block_size: int, *, prefix_caching: bool = True) -> None:
        self.num_blocks = num_blocks
        self.block_size = block_size
        self.prefix_caching = prefix_caching
        self._untouched = 0  # blocks from here on were never taken: a large pool costs nothing until it is used
        self._free: OrderedDict[int, None] = OrderedDict()  # touched and free, least recently used first
        self._references: dict[int, int] = {}
        self._content: dict[int, tuple[int, Key]] = {}  # published block -> its content id and key
        self._index: dict[Key, int] = {}  # key -> published block
        self._announced: set[Key] = set()
        self._last_content = 0

    @property
    def num_free(self) -> int:
        return self.num_blocks - len(self._references)

    @property
    def num_used(self) -> int:
        return len(self._references)

    def match(self, tokens: Sequence[int], salt: str = "") -> Match:
        """The longest run of published blocks that begins ``tokens``, short of its last token.

        The last token is left out because its logits are wanted, so that it must be computed. Nothing is referenced
        yet.
        """
        content: Content = salt
        blocks: list[int] = []
        if not self.prefix_caching:
            return Match(blocks, content, None)
        size = self.block_size
        for begin in range(0, len(tokens) - size, size):
            key = (content, tuple(tokens[begin : begin + size]))
            block = self._index.get(key)
            if block is None:
                return Match(blocks, content, key if key in self._announced else None)
            blocks.append(block)
            content = self._content[block][0]
        return Match(blocks, content, None)

    def num_revived(self, blocks: Iterable[int]) -> int:
        """How many of these would leave the free list if they were taken."""
        return sum(block not in self._references for block in blocks)

    def take(self, blocks: Iterable[int]) -> None:
        """Reference published blocks once more."""
        for block in blocks:
            if block not in self._references:
                del self._free[block]
                self._references[block] = 0
            self._references[block] += 1

    def allocate(self, count: int) -> list[int] | None:
        """So many blocks with one reference each and no content; None, and no change, if there are not enough."""
        if count > self.num_free:
            return None
        blocks = []
        for _ in range(count):
            if self._untouched < self.num_blocks:  # before anything cached is given up
                block = self._untouched
                self._untouched += 1
            else:
                block, _ = self._free.popitem(last=False)
                self._forget(block)
            self._references[block] = 1
            blocks.append(block)
        return blocks

    def release(self, blocks: Sequence[int]) -> None:
        """Drop one reference to each. The last is freed first: a sequence's end is taken before its beginning."""
        for block in reversed(blocks):
            count = self._references[block] - 1
            if count:
                self._references[block] = count
            else:
                del self._references[block]
                self._free[block] = None

    def announce(self, content: Content, tokens: Sequence[int]) -> Key | None:
        """Say that the block of ``tokens`` after ``content`` is about to be computed.

        The key with which to take it back, or None if nobody needs to be told.
        """
        key = (content, tuple(tokens))
        if not self.prefix_caching or len(tokens) < self.block_size or key in self._index or key in self._announced:
            return None
        self._announced.add(key)
        return key

    def is_announced(self, key: Key) -> bool:
        return key in self._announced

    def withdraw(self, key: Key) -> None:
        """Take an announcement back."""
        self._announced.discard(key)

    def publish(self, block: int, content: Content, tokens: Sequence[int]) -> Content:
        """Enter a computed block, full of ``tokens``, as what follows ``content``; its content id.

        If an equal block is known already, that one stays in the index and its id is returned: the chain goes on from
        it.
        """
        if not self.prefix_caching:
            return content
        key = (content, tuple(tokens))
        self._announced.discard(key)
        known = self._index.get(key)
        if known is not None:
            return self._content[known][0]
        self._last_content += 1
        self._content[block] = (self._last_content, key)
        self._index[key] = block
        return self._last_content

    def _forget(self, block: int) -> None:
        content = self._content.pop(block, None)
        if content is not None:
            del self._index[content[1]]
