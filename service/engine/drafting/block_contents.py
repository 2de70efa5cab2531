"""What the draft model has written into the blocks of its KV cache.

Only the draft model writes there, whatever the served model does with blocks of the same numbers. So a block keeps its
content until the draft model writes other tokens into it, and a sequence that shares a block finds it computed, or not.
"""

from collections.abc import Sequence

BlockKey = int  # stands for all tokens up to the end of a block


def block_key(before: BlockKey, tokens: Sequence[int]) -> BlockKey:
    """The key of the block with ``tokens`` after the block with the key ``before`` (0: it is the first).

    Two blocks may have the same key by chance. Guesses would be worse then, and outputs the same.
    """
    return hash((before, *tokens))


class BlockContents:
    """The full blocks of the draft model's KV cache, by their numbers."""

    def __init__(self) -> None:
        self._keys: dict[int, BlockKey] = {}

    def holds(self, block: int, key: BlockKey) -> bool:
        """Whether the block holds the tokens with this key."""
        return self._keys.get(block) == key

    def record(self, block: int, key: BlockKey) -> None:
        """The block is full, and holds the tokens with this key."""
        self._keys[block] = key

    def forget(self, block: int) -> None:
        """The block is about to be written."""
        self._keys.pop(block, None)
