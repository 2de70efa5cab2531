"""The parts of the OpenAPI document that routes share: answers with examples, and every error a route can give."""

from collections.abc import Collection
from typing import Any

from service.api.error_formats import Dialect
from service.api.errors import ApiError
from service.api.openapi.response_models import Error

_ERRORS = [
    (
        "A field is wrong; `param` names it.",
        ApiError(
            400, "temperature: Input should be less than or equal to 2", param="temperature", code="invalid_value"
        ),
    ),
    (
        "There is no key, or not one that is known.",
        ApiError(401, "The key is not known here", code="invalid_api_key"),
    ),
    (
        "The key lacks the scope for this route, or the right to this priority.",
        ApiError(403, "The key lacks the scope for this: generate", code="missing_scope"),
    ),
    (
        "Another model is served.",
        ApiError(404, "The model served here is 'qwen2.5-coder-0.5b-instruct'", param="model", code="model_not_found"),
    ),
    ("The body is too large.", ApiError(413, "The body is larger than 4194304 bytes")),
    (
        "The body is not JSON.",
        ApiError(415, "Send JSON, with the header content-type: application/json", code="unsupported_media_type"),
    ),
    (
        "Too many sequences or tokens at once, or in a minute; `retry-after` says when to try again.",
        ApiError(
            429,
            "The service is busy: 1024 of 1024 sequences are taken, and the request may need 1",
            code="rate_limit_exceeded",
        ),
    ),
    ("A fault of the service.", ApiError(500, "The service failed on this request")),
    ("The engine is loading, stopping or dead.", ApiError(503, "the engine is loading", code="loading")),
    (
        "It took longer than the service or the header `x-request-timeout` allows.",
        ApiError(504, "The request did not begin within 600 seconds", code="queue_timeout"),
    ),
]


_STREAMED = "The answer, or with `stream` the server-sent events."
_ALL = tuple(error.status for _, error in _ERRORS)


def answers(
    model: Any,
    example: Any,
    *,
    stream: str = "",
    errors: Collection[int] = _ALL,
    dialect: type[Dialect] | None = None,
) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a route: the answer, its stream if it has one, and the errors of these statuses."""
    shape = ApiError.body if dialect is None else dialect.error_body
    content: dict[str, Any] = {"application/json": {"example": example}}
    if stream:
        content["text/event-stream"] = {"schema": {"type": "string"}, "example": stream}
    documented: dict[int | str, dict[str, Any]] = {
        200: {"model": model, "description": _STREAMED if stream else "The answer.", "content": content}
    }
    for description, error in _ERRORS:
        if error.status not in errors:
            continue
        documented[error.status] = {
            "model": Error if dialect is None else dict[str, str],
            "description": description,
            "content": {"application/json": {"example": shape(error)}},
        }
    return documented
