"""How many sequences clients may have in the service at once. Owns that count and nothing else."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from service.api.errors import ApiError

_MEMORY = 0.1  # weight of the newest duration in their running mean


class Admission:
    """Admits up to ``limit`` sequences; refuses more with the time after which it is worth to try again."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.active = 0
        self._mean_seconds = 1.0

    @contextmanager
    def take(self, count: int) -> Iterator[None]:
        """Hold ``count`` places. Raises ApiError: 429 if they are taken, 400 if there are not so many at all."""
        if count > self.limit:
            message = f"The request is for {count} sequences at once; the limit is {self.limit}"
            raise ApiError(400, message, code="too_many_sequences")
        if self.active + count > self.limit:
            raise ApiError(
                429,
                f"The service is busy: {self.active} of {self.limit} sequences are taken",
                code="rate_limit_exceeded",
                headers={"retry-after": str(self._wait(count))},
            )
        self.active += count
        started = time.monotonic()
        try:
            yield
        finally:
            self.active -= count
            self._mean_seconds += _MEMORY * (time.monotonic() - started - self._mean_seconds)

    def _wait(self, count: int) -> int:
        """Seconds until so many places are free, by Little's law, within what clients obey."""
        missing = self.active + count - self.limit
        return min(max(math.ceil(missing * self._mean_seconds / self.active), 1), 120)
