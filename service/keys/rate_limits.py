"""The rate limits of keys: token buckets, after Turner, "New directions in communications", 1986."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from service.keys.key import Key


class Bucket:
    """A token bucket: it starts full, holds at most ``per_minute`` units, and refills at that rate.

    In any interval at most ``per_minute * (1 + minutes)`` units are consumed.
    """

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._level = float(per_minute)  # negative when more was used than was consumed in advance
        self._refilled_at = time.monotonic()

    def try_consume(self, count: int) -> float:
        """Try to consume ``count`` units; return 0, or the seconds to wait.

        If the bucket holds too little, nothing is consumed. The wait is infinite if ``count`` is more than the bucket
        can ever hold.
        """
        wait = self.seconds_until(count)
        if not wait:
            self._level -= count
        return wait

    def seconds_until(self, count: int) -> float:
        """Seconds until ``count`` units can be consumed; infinite if that is more than the bucket can ever hold."""
        self._refill()
        if count > self.per_minute:
            return float("inf")
        return max(count - self._level, 0.0) * 60 / self.per_minute

    def refund(self, count: int) -> None:
        """Return units that were consumed but not used. A negative count charges units that were used in addition."""
        self._refill()
        self._level = min(self._level + count, self.per_minute)

    @property
    def remaining(self) -> int:
        """Units that can be consumed now."""
        self._refill()
        return max(int(self._level), 0)

    @property
    def seconds_until_full(self) -> float:
        """Seconds until the bucket is full again."""
        self._refill()
        return (self.per_minute - self._level) * 60 / self.per_minute

    def _refill(self) -> None:
        now = time.monotonic()
        self._level = min(self._level + (now - self._refilled_at) * self.per_minute / 60, self.per_minute)
        self._refilled_at = now


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """The buckets of one key. None means no limit."""

    requests: Bucket | None = None
    tokens: Bucket | None = None

    @classmethod
    def from_key(cls, key: Key) -> "KeyLimits":
        """Full buckets with the key's limits."""
        return cls(
            None if key.requests_per_minute is None else Bucket(key.requests_per_minute),
            None if key.tokens_per_minute is None else Bucket(key.tokens_per_minute),
        )


class RateLimiter:
    """Owns the buckets of all keys. ``retain`` drops the buckets of keys that no longer exist."""

    def __init__(self) -> None:
        self._limits: dict[str, KeyLimits] = {}  # digest -> its buckets

    def __len__(self) -> int:
        return len(self._limits)

    def limits_of(self, key: Key) -> KeyLimits:
        """The buckets of a key. They are full the first time the key is seen."""
        if (limits := self._limits.get(key.digest)) is None:
            limits = self._limits[key.digest] = KeyLimits.from_key(key)
        return limits

    def retain(self, keys: Iterable[Key]) -> None:
        """Keep the buckets of these keys and drop all others."""
        digests = {key.digest for key in keys}
        self._limits = {digest: limits for digest, limits in self._limits.items() if digest in digests}
