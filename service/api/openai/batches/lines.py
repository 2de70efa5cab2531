"""Lines of batches, computed by the routes that clients call, for the key that made the batch."""

import msgspec
from msgspec import Struct
from starlette.types import ASGIApp

from service.api.background import Background, retry_after
from service.api.errors import ApiError, error_response, invalid
from service.api.wire.in_process import InProcessAnswer, post_json
from service.api.wire.response_model import to_json
from service.batches.results import LineAnswer, LineRequest


class _Body(Struct):
    stream: object = None


class _Detail(Struct):
    code: str | None = None


class _Error(Struct):
    error: _Detail


class Lines:
    """Computes lines by calls of the application.

    A line that the service cannot compute now, or for which the key has too few tokens, is to be sent again.
    """

    def __init__(self, app: ASGIApp, background: Background) -> None:
        self._app = app
        self._background = background

    async def compute(self, request: LineRequest) -> LineAnswer:
        """The answer to a line."""
        try:
            _check_stream(request.body)
            caller = self._background.caller(request.owner)
        except ApiError as refusal:
            return LineAnswer(status=refusal.status, body=to_json(error_response(refusal)))
        if wait := self._background.seconds_to_wait(caller):
            return LineAnswer(status=429, retry_after=wait)
        with self._background.computing():
            answer = await post_json(self._app, request.endpoint, request.body, caller)
        return LineAnswer(
            status=answer.status,
            request_id=answer.headers.get("x-request-id", ""),
            body=answer.body,
            retry_after=retry_after(answer.status, _code(answer), answer.headers),
        )


def _check_stream(body: bytes) -> None:
    try:
        stream = msgspec.json.decode(body, type=_Body).stream
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return  # the route says what is wrong with the body
    if stream not in (None, False):
        raise invalid("stream", "stream: a line of a batch cannot be streamed")


def _code(answer: InProcessAnswer) -> str | None:
    """The code of an error."""
    if answer.status == 200:
        return None
    try:
        return msgspec.json.decode(answer.body, type=_Error).error.code
    except msgspec.DecodeError:
        return None
