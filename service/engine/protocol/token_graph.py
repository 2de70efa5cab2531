"""A token graph: a set of token sequences, as nodes and edges that are labelled with tokens.

The graph may be ambiguous (a nondeterministic finite automaton). The tasks build graphs from texts, so the engine does
not deal with characters. The tokens that may come next follow from the nodes that the tokens so far may have led
to. The time for this grows with the edges of these nodes, not with the vocabulary.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property

from msgspec import Struct


class TokenGraph(Struct, frozen=True, dict=True, tag="graph"):
    """``edges[node]`` holds pairs (token, next node).

    Generation begins in ``start_nodes`` and may end in ``end_nodes``: there the sequence's stop tokens are allowed. A
    node without edges that is not an end node is a dead end. The builder of the graph ensures that no path leads to
    one.
    """

    edges: tuple[tuple[tuple[int, int], ...], ...]
    start_nodes: tuple[int, ...]
    end_nodes: tuple[int, ...]

    @cached_property
    def _end_nodes(self) -> frozenset[int]:
        return frozenset(self.end_nodes)

    def advance(self, nodes: Iterable[int], tokens: Sequence[int]) -> frozenset[int]:
        """The nodes that ``tokens`` may lead to from any of ``nodes``."""
        reached = frozenset(nodes)
        for token in tokens:
            reached = frozenset(to for node in reached for label, to in self.edges[node] if label == token)
        return reached

    def allowed_tokens(self, nodes: Collection[int], stop_token_ids: Iterable[int]) -> list[int]:
        """The tokens that may come next in any of ``nodes``, in order of id."""
        allowed = {token for node in nodes for token, _ in self.edges[node]}
        if not self._end_nodes.isdisjoint(nodes):
            allowed.update(stop_token_ids)
        return sorted(allowed)
