"""Errors as Anthropic's clients read them."""

from collections.abc import Mapping
from typing import ClassVar

from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.types import Scope

from service.api.errors import ApiError
from service.api.middleware.access_log import current_record
from service.api.wire.response_model import UNSET, ResponseModel, UnsetType

_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}


NO_THREADS = "thread_unsupported_request"  # with this code, clients send the whole conversation each time


class AnthropicErrorCode(ResponseModel):
    """What programs look for. ``unsupported`` are parts of a request that clients then do without."""

    error_code: str
    unsupported: list[str] | UnsetType = UNSET


class AnthropicErrorDetail(ResponseModel):
    """The problem, for programs and in words. The words begin with the field that is wrong."""

    type: str
    message: str
    details: AnthropicErrorCode | UnsetType = UNSET


class AnthropicErrorResponse(ResponseModel, tag="error", tag_field="type"):
    """Anthropic's error object."""

    error: AnthropicErrorDetail
    request_id: str | None


class AnthropicRoute(APIRoute):
    """A route of Anthropic's API. A service that cannot answer now has a status of its own there."""

    error_statuses: ClassVar[Mapping[int, int]] = {503: 529}
    param_names: ClassVar[Mapping[str, str]] = {"stop": "stop_sequences"}

    @classmethod
    def error_format(cls, error: ApiError) -> AnthropicErrorResponse:
        """The error in Anthropic's shape, with the names of this API's fields."""
        return anthropic_error(error, cls.param_names)


def anthropic_error(error: ApiError, param_names: Mapping[str, str] | None = None) -> AnthropicErrorResponse:
    """The error in Anthropic's shape. ``param_names`` has this API's names for the fields of others."""
    kind = _TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "api_error")
    message, param = error.message, error.param
    if param is not None and param_names and param in param_names:
        message = message.removeprefix(f"{param}: ")
        param = param_names[param]
    if param is not None and param not in message:
        message = f"{param}: {message}"
    if error.code == "context_length_exceeded":  # agents look for these words, and then shorten the conversation
        message = f"prompt is too long: {message}"
    record = current_record()
    detail = AnthropicErrorDetail(kind, message, UNSET if error.code is None else _code(error.code))
    return AnthropicErrorResponse(detail, None if record is None else record.request_id)


def _code(code: str) -> AnthropicErrorCode:
    return AnthropicErrorCode(code, ["thread"] if code == NO_THREADS else UNSET)


def speaks_anthropic(scope: Scope) -> bool:
    """Whether the client is one of Anthropic's, all of which send ``anthropic-version``."""
    return "anthropic-version" in Headers(scope=scope)
