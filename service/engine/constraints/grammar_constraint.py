"""A constraint that is a grammar, followed by llguidance."""

from collections.abc import Collection

import numpy as np
from llguidance import LLMatcher
from numpy.typing import NDArray


class GrammarConstraint:
    """The state of a matcher. A ``Constraint``."""

    def __init__(self, matcher: LLMatcher, stop_token_ids: Collection[int], *, has_canonical_tokens: bool) -> None:
        """``has_canonical_tokens``: each text has one sequence of tokens, by which the tokenizer spells it."""
        self._matcher = matcher
        self._stop_token_ids = stop_token_ids
        self._has_canonical_tokens = has_canonical_tokens

    def advance(self, token: int) -> None:
        """As ``Constraint.advance``. A stop token ends the sequence, and the grammar does not know it."""
        if token not in self._stop_token_ids:
            self._matcher.consume_token(token)

    def forced_tokens(self) -> list[int]:
        """As ``Constraint.forced_tokens``."""
        return self._matcher.compute_ff_tokens() if self._has_canonical_tokens else []

    @property
    def is_complete(self) -> bool:
        return self._matcher.is_stopped() and not self.has_failed

    @property
    def has_failed(self) -> bool:
        return self._matcher.is_error()

    def write_mask(self, mask: NDArray[np.bool_]) -> None:
        """As ``Constraint.write_mask``. Stop tokens are allowed where the text may end."""
        bits = self._matcher.compute_bitmask()
        if self.has_failed:
            mask[:] = False
            return
        mask[:] = np.unpackbits(np.frombuffer(bits, np.uint8), count=len(mask), bitorder="little")
        mask[[token for token in self._stop_token_ids if token < len(mask)]] = self._matcher.is_accepting()
