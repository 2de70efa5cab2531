"""A constraint that is a grammar, followed by llguidance."""

from collections.abc import Callable, Collection
from concurrent.futures import Future

import numpy as np
from llguidance import LLMatcher
from numpy.typing import NDArray


class GrammarConstraint:
    """The state of a matcher. A ``Constraint``.

    The matcher is made, and each mask is computed, when they are first needed, or before that by a job in another
    thread. All other calls wait for the job, so only one thread at a time uses the matcher.
    """

    def __init__(
        self,
        make_matcher: Callable[[], LLMatcher],
        stop_token_ids: Collection[int],
        *,
        end_token_ids: Collection[int],
        has_canonical_tokens: bool,
    ) -> None:
        """``end_token_ids`` end the text for the matcher, which guesses them from names: some are words of the model.

        ``has_canonical_tokens``: each text has one sequence of tokens, by which the tokenizer spells it.
        """
        self._end_token_ids = list(end_token_ids)
        self._make_matcher = make_matcher
        self._stop_token_ids = stop_token_ids
        self._has_canonical_tokens = has_canonical_tokens
        self._made_matcher: LLMatcher | None = None
        self._bits: bytes | None = None  # the mask before the next token, one bit for each; None: not computed yet
        self._job: Future[None] | None = None  # calls ``compute_mask``

    @property
    def needs_mask(self) -> bool:
        """Whether the mask before the next token is not computed yet, and no job computes it."""
        return self._bits is None and self._job is None

    def compute_mask(self) -> None:
        """Compute the mask before the next token. For a job: a thread may call it while no other method is called."""
        if self._made_matcher is None:
            self._made_matcher = self._make_matcher()
        if self._bits is None:
            self._bits = self._made_matcher.compute_bitmask()

    def wait_for(self, job: Future[None]) -> None:
        """Let the next call wait for a job that calls ``compute_mask``."""
        self._job = job

    def advance(self, token: int) -> None:
        """As ``Constraint.advance``. A stop token ends the sequence, and the grammar does not know it."""
        matcher = self._matcher
        if token not in self._stop_token_ids:
            self._bits = None
            matcher.consume_token(token)

    def fork(self) -> "GrammarConstraint":
        """As ``Constraint.fork``."""
        matcher = self._matcher.deep_copy()
        return GrammarConstraint(
            lambda: matcher,
            self._stop_token_ids,
            end_token_ids=self._end_token_ids,
            has_canonical_tokens=self._has_canonical_tokens,
        )

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
        matcher = self._matcher
        if self._bits is None:
            self._bits = matcher.compute_bitmask()
        if self.has_failed:
            mask[:] = False
            return
        mask[:] = np.unpackbits(np.frombuffer(self._bits, np.uint8), count=len(mask), bitorder="little")
        mask[self._end_token_ids] = False
        mask[[token for token in self._stop_token_ids if token < len(mask)]] = matcher.is_accepting()

    @property
    def _matcher(self) -> LLMatcher:
        if self._job is not None:
            self._job.exception()  # waits. If the job failed, perhaps for another constraint, this one goes on itself
            self._job = None
        if self._made_matcher is None:
            self._made_matcher = self._make_matcher()
        return self._made_matcher
