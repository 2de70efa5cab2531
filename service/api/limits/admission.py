"""Admission: the limit on sequences and tokens in the service at once.

A request is counted with the most that it may need, before it waits for the engine. Its later work, such as a second
attempt at a sentence, is never refused.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from service.api.errors import ApiError, stopping
from service.encoder.messages import EncoderInfo
from service.engine.protocol.engine_info import EngineInfo
from service.metrics.admission import AdmissionLevels
from service.outcomes import Outcome
from service.tasks.generation.cost import Cost

# The default token limit: this many sequences of full length, or this many KV caches, whichever is more.
_FULL_LENGTH_SEQUENCES, _KV_CACHES = 64, 16
_ENCODER_BATCHES = 256  # the same for encoders, whose inputs are computed once
_MEMORY_SECONDS = 60.0  # the time constant of the measured throughput: older measurements count less
_LONGEST_WAIT = 120  # seconds; clients ignore longer values of retry-after


class Admission:
    """Admits up to ``sequences`` and ``tokens`` at once, and refuses more with the time to retry after.

    A request with more than ``tokens`` is admitted while no other request is. 0 tokens: ``fit`` sets the limit.
    """

    def __init__(self, sequences: int, tokens: int = 0) -> None:
        self.closed = False
        self._sequences = _Capacity("sequences", sequences)
        self._tokens = _Capacity("tokens", tokens or math.inf)
        self._is_fixed = tokens > 0

    @property
    def active(self) -> int:
        """Sequences that are admitted now."""
        return self._sequences.used

    @property
    def levels(self) -> AdmissionLevels:
        """The sequences and tokens that are admitted now, with their limits."""
        sequences, tokens = self._sequences, self._tokens
        return AdmissionLevels(sequences.used, sequences.limit, tokens.used, tokens.limit)

    def fit(self, info: EngineInfo | EncoderInfo) -> None:
        """Limit the tokens by the capacity of the model's process, unless a limit was given."""
        if self._is_fixed:
            return
        if isinstance(info, EngineInfo):
            self._tokens.limit = max(_FULL_LENGTH_SEQUENCES * info.max_model_len, _KV_CACHES * info.kv_tokens)
        else:
            self._tokens.limit = _ENCODER_BATCHES * info.max_batch_tokens

    def close(self) -> None:
        """Admit no further request: the service is stopping."""
        self.closed = True

    def check(self, cost: Cost) -> None:
        """Raises what ``admit`` would raise now for this cost, or for any greater cost."""
        if self.closed:
            raise stopping()
        if cost.sequences > self._sequences.limit:
            message = f"The request is for {cost.sequences} sequences at once; the limit is {self._sequences.limit}"
            raise ApiError(400, message, code="too_many_sequences")
        for capacity, count in ((self._sequences, cost.sequences), (self._tokens, cost.tokens)):
            if capacity.used and capacity.used + count > capacity.limit:
                raise _busy(capacity, count)

    @contextmanager
    def admit(self, cost: Cost) -> Iterator[None]:
        """Hold a place for ``cost`` until the block ends.

        Raises ApiError: 429 if the service is full, 400 if the request could never be admitted, 503 when closed.
        """
        self.check(cost)
        amounts = ((self._sequences, cost.sequences), (self._tokens, cost.tokens))
        for capacity, count in amounts:
            capacity.acquire(count)
        try:
            yield
        finally:
            for capacity, count in amounts:
                capacity.release(count)


class _Capacity:
    """Up to ``limit`` units are in use at once. Measures how fast units are released while some are in use."""

    def __init__(self, name: str, limit: float) -> None:
        self.name = name
        self.limit = limit
        self.used = 0
        self._released = 0.0  # units, decayed with time
        self._seconds = 0.0  # with something in use, decayed with time
        self._updated_at = 0.0  # monotonic seconds

    def acquire(self, count: int) -> None:
        self._update()
        self.used += count

    def release(self, count: int) -> None:
        self._update()
        self.used -= count
        self._released += count

    def wait(self, count: int) -> float:
        """Estimated seconds until ``count`` units are free, at the measured rate of release."""
        self._update()
        missing = min(self.used + count - self.limit, self.used)
        # Before any unit is released, the best guess is that half of the time has passed.
        return missing * self._seconds / self._released if self._released else self._seconds

    def _update(self) -> None:
        """Decay the measurements to the current time."""
        now = time.monotonic()
        if self.used:
            passed = now - self._updated_at
            decay = math.exp(-passed / _MEMORY_SECONDS)
            self._released *= decay
            self._seconds = self._seconds * decay + passed
        self._updated_at = now


def _busy(capacity: _Capacity, count: int) -> ApiError:
    """The error (429) for a request that needs ``count`` more units than are free, with the time to retry after."""
    seconds = min(max(math.ceil(capacity.wait(count)), 1), _LONGEST_WAIT)
    return ApiError(
        429,
        f"The service is busy: {capacity.used} of {capacity.limit} {capacity.name} are taken, "
        f"and the request may need {count}",
        code="rate_limit_exceeded",
        headers={"retry-after": str(seconds)},
        outcome=Outcome.OVERLOADED,
    )
