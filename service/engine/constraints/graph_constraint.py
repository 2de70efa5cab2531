"""A constraint that is a token graph."""

from collections.abc import Iterable
from copy import copy
from typing import Self

import numpy as np
from numpy.typing import NDArray

from service.engine.protocol.token_graph import TokenGraph


class GraphConstraint:
    """The nodes of the graph that the output may have led to. A ``Constraint``."""

    has_failed = False
    is_complete = False  # at an end node a stop token is sampled, whose log probability the tasks read

    def __init__(self, graph: TokenGraph, stop_token_ids: Iterable[int]) -> None:
        self._graph = graph
        self._stop_token_ids = tuple(stop_token_ids)
        self._nodes = frozenset(graph.start_nodes)

    def advance(self, token: int) -> None:
        """As ``Constraint.advance``."""
        self._nodes = self._graph.advance(self._nodes, [token])

    def fork(self) -> Self:
        """As ``Constraint.fork``."""
        return copy(self)

    def forced_tokens(self) -> list[int]:
        """No tokens: each has a log probability that the tasks read."""
        return []

    def write_mask(self, mask: NDArray[np.bool_]) -> None:
        """As ``Constraint.write_mask``."""
        mask[:] = False
        allowed = self._graph.allowed_tokens(self._nodes, self._stop_token_ids)
        mask[[token for token in allowed if token < len(mask)]] = True
