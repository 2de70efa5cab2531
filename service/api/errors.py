"""Errors as the client sees them. Their status and headers tell whether to try again.

``as_api_error`` is the only place that turns an exception into an answer, both before the first byte (``respond``) and
inside a stream. Messages of unexpected exceptions go to the log and never to the client. An answer has the outcome of
its request, which is noted where the answer is sent.

Errors have OpenAI's shape. A route of another API has a class of its own (``compat/error_format.py``), whose
``error_format`` gives the shape that the clients of that API read, and whose ``error_statuses``, if it has any, are the
statuses of that API in the place of others.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from service.api.outcome import note_outcome, outcome_of_answer
from service.api.wire.disconnect import ClientDisconnected
from service.api.wire.response_model import JsonResponse, ResponseModel
from service.errors import (
    IncapableModel,
    InputTooLong,
    ModelNotServed,
    PoisonPill,
    ProcessError,
    ProcessLost,
    ProcessUnavailable,
    PromptTooLong,
    RequestTooLarge,
    TaskError,
    UnknownGlossary,
)
from service.outcomes import Outcome

logger = logging.getLogger(__name__)

CLIENT_CLOSED_REQUEST = 499  # nginx's number, for the log and the metrics: the client has disconnected
RETRY_AFTER = {"retry-after": "5"}
ERROR_FORMAT = "trivium.error_format"  # key of a scope: the format of errors on a path that has no route

_TYPES = {404: "not_found_error", 408: "timeout_error", 429: "rate_limit_error", 504: "timeout_error"}
_NO_RETRY = {"x-should-retry": "false"}
_UNAVAILABLE_CODES = {"stopping": "draining"}


class ApiError(Exception):
    """An error for the client. ``param`` is the dotted path of the field that is wrong, ``code`` is for programs.

    ``outcome`` is that of its request; status and code tell it unless it is given.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        headers: dict[str, str] | None = None,
        outcome: Outcome | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = _encodable(message)
        self.param = None if param is None else _encodable(param)
        self.code = code
        self.headers = headers or {}
        self.outcome = outcome or outcome_of_answer(status, code)


class BodyError(HTTPException):
    """An error of a body that is being read. FastAPI passes it on, as it does every HTTPException, and no ApiError."""

    def __init__(
        self, status: int, message: str, *, code: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(status, message, headers)
        self.error = ApiError(status, message, code=code, headers=headers)


class ErrorDetail(ResponseModel):
    """The problem, in words and for programs."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorResponse(ResponseModel):
    """OpenAI's error object."""

    error: ErrorDetail


def error_response(error: ApiError) -> ErrorResponse:
    """The error in OpenAI's shape."""
    kind = _TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "server_error")
    return ErrorResponse(ErrorDetail(error.message, kind, error.param, error.code))


def invalid(param: str, message: str) -> ApiError:
    """The error for a field with a value that cannot be served."""
    return ApiError(400, message, param=param, code="invalid_value")


def stopping() -> ApiError:
    """The error for requests that arrive, or still wait, when the service stops. It closes the connection."""
    return ApiError(503, "The service is stopping", code="draining", headers=RETRY_AFTER | {"connection": "close"})


def as_api_error(error: Exception) -> ApiError:
    """The error that the client gets for this exception. Faults of the service are logged."""
    answer = _answer_to(error)
    if answer.status == 500 and not isinstance(error, ApiError):
        if isinstance(error, ProcessError):  # its message holds no text of a client
            logger.error("a child process failed on a request: %s", str(error))
        else:
            logger.error("unexpected error", exc_info=error)
    return answer


@contextmanager
def noting_outcome(*, cancelled: Outcome = Outcome.DRAINING) -> Iterator[None]:
    """Note the outcome of the request if the block raises, before what the block uses is closed.

    The server cancels a request of the network when the service stops; others may be ``cancelled`` for another reason.
    """
    try:
        yield
    except ClientDisconnected:
        note_outcome(Outcome.CLIENT_GONE)
        raise
    except asyncio.CancelledError:
        note_outcome(cancelled)
        raise
    except Exception as error:
        note_outcome(_answer_to(error).outcome)
        raise


def _answer_to(error: Exception) -> ApiError:
    match error:
        case ApiError():
            return error
        case PromptTooLong() | InputTooLong() | RequestTooLarge():
            param = getattr(error, "param", None)
            return ApiError(400, str(error), param=param, code="context_length_exceeded")
        case UnknownGlossary():
            return ApiError(404, str(error), param=error.param, code="glossary_not_found")
        case TaskError():
            return ApiError(400, str(error), param=error.param, code="invalid_value")
        case ModelNotServed():
            return ApiError(404, str(error), param="model", code="model_not_found")
        case IncapableModel():
            return ApiError(400, str(error), param="model", code="incapable_model")
        case RequestValidationError():
            return _from_validation_error(error)
        case ProcessUnavailable():
            code = _UNAVAILABLE_CODES.get(error.reason, error.reason)
            lost = Outcome.ENGINE_FAULT if isinstance(error, ProcessLost) else None
            return ApiError(503, str(error), code=code, headers=RETRY_AFTER, outcome=lost)
        case BodyError():
            return error.error
        case HTTPException():
            return _from_http_exception(error)
        case PoisonPill():
            message = "The service failed each time it computed this request, so it does not try again"
            return ApiError(500, message, code="poisonous_request", headers=_NO_RETRY)
    outcome = Outcome.ENGINE_FAULT if isinstance(error, ProcessError) else Outcome.INTERNAL_ERROR
    return ApiError(500, "The service failed on this request", headers=_NO_RETRY, outcome=outcome)


def respond(error: Exception, scope: Scope) -> Response:
    """The answer to this exception, in the error format of the request's route. Notes the outcome."""
    answer = as_api_error(error)
    note_outcome(answer.outcome)
    of_path: Callable[[ApiError], ResponseModel] = scope.get(ERROR_FORMAT, error_response)
    error_format = getattr(scope.get("route"), "error_format", of_path)
    status = getattr(scope.get("route"), "error_statuses", {}).get(answer.status, answer.status)
    return JsonResponse(error_format(answer), status, headers=answer.headers)


def install(app: FastAPI) -> None:
    """Answer with ``respond`` when a route or the router raises. RequestContextMiddleware handles all other errors."""

    async def answer(request: Request, error: Exception) -> Response:
        return respond(error, request.scope)

    async def answer_disconnected(request: Request, error: Exception) -> Response:
        note_outcome(Outcome.CLIENT_GONE)
        return Response(status_code=CLIENT_CLOSED_REQUEST)

    for kind in (
        ApiError,
        TaskError,
        ModelNotServed,
        IncapableModel,
        InputTooLong,
        ProcessError,
        RequestValidationError,
        HTTPException,
    ):
        app.add_exception_handler(kind, answer)
    app.add_exception_handler(ClientDisconnected, answer_disconnected)


def _encodable(text: str) -> str:
    """The text with "?" for half surrogate pairs: a client can send them in JSON, but UTF-8 cannot hold them."""
    return text.encode("utf-8", "replace").decode()


def _from_http_exception(error: HTTPException) -> ApiError:
    """The error for an exception of starlette or FastAPI, in the words of this service."""
    headers = dict(error.headers or {})
    match error.status_code:
        case 404:
            return ApiError(404, "There is no such route", code="unknown_route", headers=headers)
        case 405:
            return ApiError(
                405, f"This route takes {headers['Allow']} only", code="method_not_allowed", headers=headers
            )
        case 400:  # the body could not be parsed: not UTF-8, nested too deeply, a number of thousands of digits
            return ApiError(400, "The body is not valid JSON", code="invalid_json", headers=headers)
        case status:
            message = error.detail if status < 500 else HTTPStatus(status).phrase
            return ApiError(status, message, headers=headers)


def _from_validation_error(error: RequestValidationError) -> ApiError:
    """The error for a body that is not valid: the first problem, in one sentence."""
    if isinstance(error.body, bytes):
        return ApiError(415, "Send JSON, with the header content-type: application/json", code="unsupported_media_type")
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        reason, position = first["ctx"]["error"], first["loc"][-1]
        return ApiError(400, f"The body is not valid JSON: {reason} at character {position}", code="invalid_json")
    # In brackets pydantic says "[key]", and the requests name the kinds of a union.
    path = ".".join(part for part in map(str, first["loc"][1:]) if not part.startswith("["))
    if not path and first["type"] == "missing":
        return ApiError(400, "The request has no body; send a JSON object", code="invalid_json")
    field = first.get("ctx", {}).get("param")  # named by a validator of a whole object
    param = ".".join(filter(None, (path, field))) or None
    message = f"{param}: {first['msg']}" if path else first["msg"]
    return ApiError(400, message, param=param, code="invalid_value")
