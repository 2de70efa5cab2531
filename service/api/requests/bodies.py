"""Bodies that may be JSON or a form, as some APIs accept them."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect

from service.api.errors import ApiError
from service.api.wire.disconnect import ClientDisconnected

M = TypeVar("M", bound=BaseModel)

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 1000  # of a form


def json_or_form(
    model: type[M], *, limit: int | None = None, optional: bool = False
) -> Callable[[Request], Awaitable[M]]:
    """A FastAPI dependency that reads the body as this model.

    ``limit`` is in bytes. An ``optional`` body may be empty. The fields of a form are texts, so "3" is a number there
    and "true" is true; a field that occurs twice is a list.
    """

    async def read(http: Request) -> M:
        try:
            body = await http.body()
        except ClientDisconnect:
            raise ClientDisconnected from None
        if limit is not None and len(body) > limit:
            raise ApiError(413, f"The body is larger than {limit} bytes")
        if optional and not body:
            return validated(model, {})
        kind = media_type(http.headers)
        if kind == JSON:
            return validated(model, _parse_json(body))
        if kind == FORM:
            return validated(model, form_fields(body), strict=False)
        raise ApiError(415, f"Send {JSON} or {FORM}, and say which in content-type", code="unsupported_media_type")

    return read


def validated(model: type[M], values: Any, *, strict: bool = True) -> M:
    """The values as a model. Raises RequestValidationError, as FastAPI does for bodies that it reads itself."""
    try:
        return model.model_validate(values, strict=strict)
    except ValidationError as error:
        problems = [{**problem, "loc": ("body", *problem["loc"])} for problem in error.errors(include_url=False)]
        raise RequestValidationError(problems, body=values) from None


def media_type(headers: Headers) -> str:
    """The media type of a body, in lower case and without parameters."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def json_or_form_schema(model: type[BaseModel], examples: dict[str, Any]) -> dict[str, Any]:
    """The ``openapi_extra`` of a route whose body may be JSON or a form."""
    schema = model.model_json_schema()
    content = {JSON: {"schema": schema, "examples": examples}, FORM: {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


def _parse_json(body: bytes) -> Any:
    """The value of a JSON body. Raises ApiError (400)."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ApiError(400, "The body is not valid JSON", code="invalid_json") from None


def form_fields(body: bytes) -> dict[str, str | list[str]]:
    """The fields of a form; a field that occurs twice is a list. Raises ApiError (400) if the body is not a form."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        message = f"The body is not a form in UTF-8 of at most {_MOST_FIELDS} fields"
        raise ApiError(400, message, code="invalid_form") from None
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: given[0] if len(given) == 1 else given for name, given in values.items()}
