"""How much a key may ask for in a minute: token buckets, after Turner, "New directions in communications", 1986."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from service.keys.key import Key


class Bucket:
    """Holds up to ``per_minute`` of something, is full at first, and refills evenly.

    So at most ``per_minute * (1 + minutes)`` are taken in any time.
    """

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._level = float(per_minute)  # below 0 where more was used than was taken
        self._at = time.monotonic()

    def take(self, count: int) -> float:
        """Take so much and return 0; or nothing, and return the seconds until there is so much (inf: never)."""
        self._refill()
        if count > self.per_minute:
            return float("inf")
        if count > self._level:
            return (count - self._level) * 60 / self.per_minute
        self._level -= count
        return 0.0

    def give_back(self, count: int) -> None:
        """What was taken and not used; below 0, what was used and not taken."""
        self._refill()
        self._level = min(self._level + count, self.per_minute)

    @property
    def remaining(self) -> int:
        """What can be taken now."""
        self._refill()
        return max(int(self._level), 0)

    @property
    def full_seconds(self) -> float:
        """Seconds until it is full."""
        self._refill()
        return (self.per_minute - self._level) * 60 / self.per_minute

    def _refill(self) -> None:
        now = time.monotonic()
        self._level = min(self._level + (now - self._at) * self.per_minute / 60, self.per_minute)
        self._at = now


@dataclass(frozen=True, slots=True)
class Limits:
    """The buckets of one key; None is without end."""

    requests: Bucket | None = None
    tokens: Bucket | None = None


class Limiter:
    """Owns the buckets of all keys, and none but theirs: ``keep`` drops those of keys that are gone."""

    def __init__(self) -> None:
        self._limits: dict[str, Limits] = {}  # digest -> its buckets

    def __len__(self) -> int:
        return len(self._limits)

    def of(self, key: Key) -> Limits:
        """The buckets of a key, which are full when it is first seen."""
        if (limits := self._limits.get(key.digest)) is None:
            limits = self._limits[key.digest] = Limits(
                None if key.requests_per_minute is None else Bucket(key.requests_per_minute),
                None if key.tokens_per_minute is None else Bucket(key.tokens_per_minute),
            )
        return limits

    def keep(self, keys: Iterable[Key]) -> None:
        """Forget all others."""
        digests = {key.digest for key in keys}
        self._limits = {digest: limits for digest, limits in self._limits.items() if digest in digests}
