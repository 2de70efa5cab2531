"""A set of token sequences as a graph: nodes, and edges that are tokens. It may be ambiguous (an NFA).

The tasks build graphs out of texts, so the engine needs to know nothing of characters. What is allowed next is found
from the nodes that the tokens so far may have led to, in time that grows with their edges and never with the
vocabulary.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

from msgspec import Struct


class TokenGraph(Struct, frozen=True, dict=True):
    """``edges[node]`` are pairs (token, next node). Generation begins in ``starts`` and may end in ``ends``.

    In a node of ``ends`` the sequence's stop tokens are allowed; a node with neither edges nor an end is a dead end and
    must not be reachable.
    """

    edges: tuple[tuple[tuple[int, int], ...], ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @cached_property
    def _ends(self) -> frozenset[int]:
        return frozenset(self.ends)

    @cached_property
    def begin(self) -> frozenset[int]:
        """Where nothing has been generated yet."""
        return frozenset(self.starts)

    def after(self, nodes: Iterable[int], tokens: Sequence[int]) -> frozenset[int]:
        """The nodes that ``tokens`` lead to from ``nodes``."""
        found = frozenset(nodes)
        for token in tokens:
            found = frozenset(to for node in found for label, to in self.edges[node] if label == token)
        return found

    def allowed(self, nodes: Iterable[int], stop: Iterable[int]) -> list[int]:
        """The tokens that may come next, in order of id; ``stop`` are those that end the sequence."""
        found = {token for node in nodes for token, _ in self.edges[node]}
        if not self._ends.isdisjoint(nodes):
            found.update(stop)
        return sorted(found)
