"""How much clients may have in the service at once. Owns those counts and nothing else.

A request is billed before it is queued for what it may take at most; what it does later, such as a second attempt at a
sentence, is never refused.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from service.api.errors import ApiError, stopping
from service.engine.protocol.types import EngineInfo
from service.tasks.generation.cost import Cost

_FULL_LENGTHS, _CACHES = 64, 16  # what may wait where nobody said: so many of them, whichever is more
_MEMORY_SECONDS = 60.0  # how long the pace of the past counts
_LONGEST_WAIT = 120  # seconds that clients obey


class Admission:
    """Admits up to so many ``sequences`` and ``tokens``; refuses more, with the time to try again after.

    A request of more tokens than that is admitted when there is no other. 0 tokens: by what ``fit`` is told.
    """

    def __init__(self, sequences: int, tokens: int = 0) -> None:
        self.closed = False
        self._sequences = _Bound("sequences", sequences)
        self._tokens = _Bound("tokens", tokens or math.inf)

    @property
    def active(self) -> int:
        """Sequences that have a place."""
        return self._sequences.taken

    def fit(self, info: EngineInfo) -> None:
        """Bound the tokens by what the engine can hold, unless they are bounded already."""
        if math.isinf(self._tokens.limit):
            self._tokens.limit = max(_FULL_LENGTHS * info.max_model_len, _CACHES * info.kv_tokens)

    def close(self) -> None:
        """Admit nothing more: the service is stopping."""
        self.closed = True

    @contextmanager
    def take(self, cost: Cost) -> Iterator[None]:
        """Hold so much. Raises ApiError: 429 if too much is taken, 400 if there is not so much, 503 when closed."""
        if self.closed:
            raise stopping()
        if cost.sequences > self._sequences.limit:
            message = f"The request is for {cost.sequences} sequences at once; the limit is {self._sequences.limit}"
            raise ApiError(400, message, code="too_many_sequences")
        billed = ((self._sequences, cost.sequences), (self._tokens, cost.tokens))
        for bound, count in billed:
            if bound.taken and bound.taken + count > bound.limit:
                raise ApiError(
                    429,
                    f"The service is busy: {bound.taken} of {bound.limit} {bound.name} are taken, "
                    f"and the request may need {count}",
                    code="rate_limit_exceeded",
                    headers={"retry-after": str(min(max(math.ceil(bound.wait(count)), 1), _LONGEST_WAIT))},
                )
        for bound, count in billed:
            bound.take(count)
        try:
            yield
        finally:
            for bound, count in billed:
                bound.take(-count)


class _Bound:
    """Up to ``limit`` of something may be taken. Learns how fast it is given back while some of it is taken."""

    def __init__(self, name: str, limit: float) -> None:
        self.name = name
        self.limit = limit
        self.taken = 0
        self._freed = 0.0  # lately: the past fades
        self._seconds = 0.0  # lately, with something taken
        self._since = 0.0  # monotonic seconds

    def take(self, count: int) -> None:
        """Or give back, if it is negative."""
        self._pass_time()
        self.taken += count
        self._freed += max(-count, 0)

    def wait(self, count: int) -> float:
        """Seconds until so much can be taken, at the measured pace."""
        self._pass_time()
        missing = min(self.taken + count - self.limit, self.taken)
        # Before anything was given back, the best guess is that half of the time has passed.
        return missing * self._seconds / self._freed if self._freed else self._seconds

    def _pass_time(self) -> None:
        now = time.monotonic()
        if self.taken:
            passed = now - self._since
            fade = math.exp(-passed / _MEMORY_SECONDS)
            self._freed *= fade
            self._seconds = self._seconds * fade + passed
        self._since = now
