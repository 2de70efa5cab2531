"""Lines of batches, computed by the routes that clients call, for the key that made the batch."""

import dataclasses

import msgspec
from msgspec import Struct
from starlette.types import ASGIApp

from service.api.errors import ApiError, error_response, invalid
from service.api.limits.admissions import Admissions
from service.api.wire.in_process import InProcessAnswer, post_json
from service.api.wire.response_model import to_json
from service.batches.results import LineAnswer, LineRequest
from service.errors import ExpiredKey, UnknownKey
from service.keys.authenticator import KeyAuthenticator
from service.keys.caller import UNRESTRICTED, Caller
from service.keys.key import MOST_URGENT

_LEAST_URGENT = -MOST_URGENT
_KEPT_SHARE = 0.5  # of a key's tokens a minute, which batches leave to its other requests
_AGAIN = {"loading", "unloading", "restarting", "draining", "no_memory", "queue_timeout", "rate_limit_exceeded"}
_PAUSE = 0.25  # seconds until it is seen whether clients have requests
_SECONDS = 5.0  # until a line is sent again, if the answer does not say when


class _Body(Struct):
    stream: object = None


class _Detail(Struct):
    code: str | None = None


class _Error(Struct):
    error: _Detail


class Lines:
    """Computes lines with the least priority, by calls of the application.

    A line that the service cannot compute now, or for which the key has too few tokens, is to be sent again. While
    requests of clients are admitted, lines are computed one at a time: each row of a step slows all others.
    """

    def __init__(self, app: ASGIApp, authenticator: KeyAuthenticator | None, admissions: Admissions) -> None:
        self._app = app
        self._authenticator = authenticator
        self._admissions = admissions
        self._computing = 0  # lines

    async def compute(self, request: LineRequest) -> LineAnswer:
        """The answer to a line."""
        try:
            _check_stream(request.body)
            caller = self._caller(request.owner)
        except ApiError as refusal:
            return LineAnswer(status=refusal.status, body=to_json(error_response(refusal)))
        tokens = caller.limits.tokens
        if tokens is not None and (wait := tokens.seconds_until(int(tokens.per_minute * _KEPT_SHARE))):
            return LineAnswer(status=429, retry_after=wait)
        if self._computing and self._admissions.clients:
            return LineAnswer(status=429, retry_after=_PAUSE)
        self._computing += 1
        try:
            answer = await post_json(self._app, request.endpoint, request.body, caller)
        finally:
            self._computing -= 1
        return LineAnswer(
            status=answer.status,
            request_id=answer.headers.get("x-request-id", ""),
            body=answer.body,
            retry_after=_retry_after(answer),
        )

    def _caller(self, owner: str) -> Caller:
        """The caller of the owner, whose requests come last. Raises ApiError (401) if the key is not valid any more."""
        try:
            if self._authenticator is not None:
                caller = self._authenticator.owner(owner)
            elif owner == UNRESTRICTED.owner:
                caller = UNRESTRICTED
            else:
                raise UnknownKey
        except (UnknownKey, ExpiredKey):
            raise ApiError(401, "The key that made the batch is not valid any more", code="invalid_api_key") from None
        return dataclasses.replace(caller, priority=_LEAST_URGENT)


def _check_stream(body: bytes) -> None:
    try:
        stream = msgspec.json.decode(body, type=_Body).stream
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return  # the route says what is wrong with the body
    if stream not in (None, False):
        raise invalid("stream", "stream: a line of a batch cannot be streamed")


def _retry_after(answer: InProcessAnswer) -> float | None:
    """The seconds after which the line may succeed, None if it has its answer."""
    if answer.status not in (429, 503, 504):
        return None
    try:
        code = msgspec.json.decode(answer.body, type=_Error).error.code
    except msgspec.DecodeError:
        return None
    if code not in _AGAIN:
        return None
    given = answer.headers.get("retry-after", "")
    return float(given) if given.isdecimal() else _SECONDS
