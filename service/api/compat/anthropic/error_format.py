"""Errors as Anthropic's clients read them."""

from typing import Literal

from starlette.datastructures import Headers
from starlette.types import Scope

from service.api.errors import ApiError
from service.api.wire.response_model import ResponseModel

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


class AnthropicErrorDetail(ResponseModel):
    """The problem, for programs and in words. The words begin with the field that is wrong."""

    type: str
    message: str


class AnthropicErrorResponse(ResponseModel):
    """Anthropic's error object."""

    error: AnthropicErrorDetail
    type: Literal["error"] = "error"


def anthropic_error(error: ApiError) -> AnthropicErrorResponse:
    """The error in Anthropic's shape."""
    kind = _TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "api_error")
    named = error.param is None or error.param in error.message
    return AnthropicErrorResponse(
        AnthropicErrorDetail(kind, error.message if named else f"{error.param}: {error.message}")
    )


def speaks_anthropic(scope: Scope) -> bool:
    """Whether the client is one of Anthropic's, all of which send ``anthropic-version``."""
    return "anthropic-version" in Headers(scope=scope)
