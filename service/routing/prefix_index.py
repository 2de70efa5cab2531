"""Which replica has computed which beginnings of prompts."""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

Replica = TypeVar("Replica", bound=Hashable)

MOST_BLOCKS = 20_000  # of each replica; the oldest are forgotten, as a prefix cache forgets them


class PrefixIndex(Generic[Replica]):
    """The blocks that were sent to each replica, the latest last."""

    def __init__(self, most_blocks: int = MOST_BLOCKS) -> None:
        self._most_blocks = most_blocks
        self._blocks: dict[Replica, OrderedDict[int, None]] = {}

    def keep(self, replicas: Sequence[Replica]) -> None:
        """Forget all other replicas."""
        self._blocks = {replica: self._blocks.get(replica, OrderedDict()) for replica in replicas}

    def add(self, replica: Replica, blocks: Sequence[int]) -> None:
        """Note that the replica computes a prompt of these blocks."""
        known = self._blocks.setdefault(replica, OrderedDict())
        for block in blocks:
            known[block] = None
            known.move_to_end(block)
        while len(known) > self._most_blocks:
            known.popitem(last=False)

    def matches(self, replica: Replica, blocks: Sequence[int]) -> int:
        """How many first blocks of the prompt the replica has computed."""
        known = self._blocks.get(replica, OrderedDict())
        return next((number for number, block in enumerate(blocks) if block not in known), len(blocks))
