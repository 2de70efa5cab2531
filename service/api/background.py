"""Work that no client waits for: whose it is, when it makes way, and when it is tried again.

Priority orders what waits, but each row of a step slows all others: while requests of clients are admitted, background
work is computed one piece at a time.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from service.api.errors import ApiError
from service.api.limits.admissions import Admissions
from service.errors import ExpiredKey, UnknownKey
from service.keys.authenticator import KeyAuthenticator
from service.keys.caller import UNRESTRICTED, Caller
from service.keys.key import LEAST_URGENT

_KEPT_SHARE = 0.5  # of a key's tokens a minute, which background work leaves to its other requests
_AGAIN = {"loading", "unloading", "restarting", "draining", "no_memory", "queue_timeout", "rate_limit_exceeded"}
_PAUSE = 0.25  # seconds until it is seen whether clients have requests
_SECONDS = 5.0  # until a piece of work is tried again, if the answer does not say when


class Background:
    """The callers of background work, and its pieces that are being computed."""

    def __init__(self, authenticator: KeyAuthenticator | None, admissions: Admissions) -> None:
        self._authenticator = authenticator
        self._admissions = admissions
        self._computing = 0

    @property
    def clients_wait(self) -> bool:
        """Whether requests of clients are admitted."""
        return self._admissions.clients > 0

    def caller(self, owner: str) -> Caller:
        """The caller of the owner, whose work comes last. Raises ApiError (401) if the key is not valid any more."""
        try:
            if self._authenticator is not None:
                caller = self._authenticator.owner(owner)
            elif owner == UNRESTRICTED.owner:
                caller = UNRESTRICTED
            else:
                raise UnknownKey
        except (UnknownKey, ExpiredKey):
            message = "The key that asked for this work is not valid any more"
            raise ApiError(401, message, code="invalid_api_key") from None
        return dataclasses.replace(caller, priority=LEAST_URGENT)

    def seconds_to_wait(self, caller: Caller) -> float:
        """Seconds until the next piece of work may begin; 0: now."""
        tokens = caller.limits.tokens
        if tokens is not None and (wait := tokens.seconds_until(int(tokens.per_minute * _KEPT_SHARE))):
            return wait
        return _PAUSE if self._computing and self.clients_wait else 0.0

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Count a piece of work until the block ends."""
        self._computing += 1
        try:
            yield
        finally:
            self._computing -= 1


def retry_after(status: int, code: str | None, headers: Mapping[str, str]) -> float | None:
    """The seconds after which work with this answer may succeed, None if it has its answer."""
    if status not in (429, 503, 504) or code not in _AGAIN:
        return None
    given = headers.get("retry-after", "")
    return float(given) if given.isdecimal() else _SECONDS
