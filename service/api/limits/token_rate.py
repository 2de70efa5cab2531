"""What a request takes of its key's tokens in a minute.

As with ``admission``, it is billed for the most that it may take, before it is queued. At its end it gets back what it
did not take, and all of it where the service failed.
"""

import math
from types import TracebackType
from typing import Protocol, Self, TypeVar

from fastapi import Request

from service.api.errors import ApiError
from service.api.limits.disconnect import ClientGone
from service.keys.caller import Caller
from service.tasks.generation.cost import Cost
from service.tasks.generation.usage import Usage


class Metered(Protocol):
    """What knows what it took."""

    @property
    def usage(self) -> Usage:
        """So far."""


W = TypeVar("W", bound=Metered)


class Bill:
    """A context manager around a request's work. Entering raises ApiError: 429 if the key has too little left in this
    minute, 400 if it never has so much.
    """

    def __init__(self, http: Request, cost: Cost) -> None:
        caller: Caller = http.user
        self._bucket = caller.limits.tokens
        self._tokens = cost.tokens
        self._work: Metered | None = None

    def measured(self, work: W) -> W:
        """The work itself, which is what is paid for from now on."""
        self._work = work
        return work

    def __enter__(self) -> Self:
        if self._bucket is not None and (wait := self._bucket.take(self._tokens)):
            limit = self._bucket.per_minute
            if math.isinf(wait):
                message = f"The request may need {self._tokens} tokens; the key has {limit} a minute"
                raise ApiError(400, message, code="too_many_tokens")
            raise rate_limited(f"{limit} tokens", wait)
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        if self._bucket is not None:
            used = self._work.usage.total_tokens if self._work is not None and _is_served(exc) else 0
            self._bucket.give_back(self._tokens - used)


def rate_limited(what: str, wait: float) -> ApiError:
    """A key has had ``what`` it may have in a minute; there is more after ``wait`` seconds."""
    headers = {"retry-after": str(max(math.ceil(wait), 1))}
    return ApiError(429, f"The key has had its {what} a minute", code="rate_limit_exceeded", headers=headers)


def _is_served(error: BaseException | None) -> bool:
    """Whether it ended well, or badly by the client's own doing. What takes too long was taken nevertheless."""
    match error:
        case None | ClientGone():
            return True
        case ApiError():
            return error.status not in {500, 503}
        case _:
            return False
