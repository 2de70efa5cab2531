"""The token rate limit: the tokens that a key may use in a minute.

As with ``admission``, a request is charged in advance for the most that it may need. At its end it is refunded what it
did not use, and everything if the service failed.
"""

import math
from types import TracebackType
from typing import Protocol, Self, TypeVar

from service.api.errors import ApiError
from service.api.wire.disconnect import ClientDisconnected
from service.keys.caller import Caller
from service.keys.rate_limits import Bucket
from service.tasks.generation.cost import Cost
from service.tasks.generation.usage import Usage


class Metered(Protocol):
    """Work that reports how many tokens it has used."""

    @property
    def usage(self) -> Usage:
        """The usage until now."""


W = TypeVar("W", bound=Metered)


class TokenRateLimit:
    """Charges a request to its key's bucket while the block runs, and refunds the unused tokens at the end.

    Entering raises ApiError: 429 if the bucket holds too little now, 400 if it can never hold enough.
    """

    def __init__(self, caller: Caller, cost: Cost) -> None:
        self._bucket = caller.limits.tokens
        self._tokens = cost.tokens
        self._work: Metered | None = None

    def meter(self, work: W) -> W:
        """Charge the key for what ``work`` uses. Returns ``work``. Without this call, nothing is charged in the end."""
        self._work = work
        return work

    def check(self) -> None:
        """Raises what entering would raise now."""
        if self._bucket is not None:
            self._require_no_wait(self._bucket, self._bucket.seconds_until(self._tokens))

    def __enter__(self) -> Self:
        if self._bucket is not None:
            self._require_no_wait(self._bucket, self._bucket.try_consume(self._tokens))
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        if self._bucket is not None:
            used = self._work.usage.total_tokens if self._work is not None and _is_charged(exc) else 0
            self._bucket.refund(self._tokens - used)

    def _require_no_wait(self, bucket: Bucket, wait: float) -> None:
        """Raises ApiError unless ``wait``, the seconds until the bucket holds enough, is 0."""
        if math.isinf(wait):
            message = f"The request may need {self._tokens} tokens; the key has {bucket.per_minute} a minute"
            raise ApiError(400, message, code="too_many_tokens")
        if wait:
            raise rate_limited(f"{bucket.per_minute} tokens", wait)


def rate_limited(amount: str, wait: float) -> ApiError:
    """The error for a key that has used up ``amount``, such as "60 requests", until ``wait`` seconds have passed."""
    headers = {"retry-after": str(max(math.ceil(wait), 1))}
    return ApiError(429, f"The key has used its {amount} a minute", code="rate_limit_exceeded", headers=headers)


def _is_charged(error: BaseException | None) -> bool:
    """Whether the request succeeded, or failed because of the client. A request that took too long is charged too."""
    match error:
        case None | ClientDisconnected():
            return True
        case ApiError():
            return error.status not in {500, 503}
        case _:
            return False
