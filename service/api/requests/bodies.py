"""Bodies that may be JSON or a form, as some APIs accept them."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect

from service.api.errors import ApiError
from service.api.requests.forms import FormFields, multipart_fields, urlencoded_fields
from service.api.wire.disconnect import ClientDisconnected

M = TypeVar("M", bound=BaseModel)

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


def json_or_form(
    model: type[M], *, limit: int | None = None, optional: bool = False, any_form: bool = False
) -> Callable[[Request], Awaitable[M]]:
    """A FastAPI dependency that reads the body as this model.

    ``limit`` is in bytes. An ``optional`` body may be empty. The fields of a form are texts, so "3" is a number there
    and "true" is true; a field that occurs twice is a list. With ``any_form`` a form may also be multipart, or in the
    query string, whose fields come before those of a form in the body.
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
        if media_type(http.headers) == JSON:
            return validated(model, _parse_json(body))
        query = urlencoded_fields(http.scope["query_string"]) if any_form else {}
        if query and not body:
            return validated(model, query, strict=False)
        fields = form_fields(http.headers, body, multipart=any_form)
        if fields is None:
            kinds = f"{JSON}, {FORM} or {MULTIPART}" if any_form else f"{JSON} or {FORM}"
            raise ApiError(415, f"Send {kinds}, and say which in content-type", code="unsupported_media_type")
        return validated(model, fields | query, strict=False)

    return read


def form_fields(headers: Headers, body: bytes, *, multipart: bool) -> FormFields | None:
    """The fields of a body that is a form, None of one that is not. Raises ApiError (400)."""
    kind = media_type(headers)
    if kind == FORM:
        return urlencoded_fields(body)
    if kind == MULTIPART and multipart:
        return multipart_fields(headers["content-type"], body)
    return None


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


def json_or_form_schema(model: type[BaseModel], examples: dict[str, Any], *, multipart: bool = False) -> dict[str, Any]:
    """The ``openapi_extra`` of a route whose body may be JSON or a form."""
    schema = model.model_json_schema()
    content = {JSON: {"schema": schema, "examples": examples}, FORM: {"schema": schema}}
    if multipart:
        content[MULTIPART] = {"schema": schema}
    return {"requestBody": {"required": True, "content": content}}


def _parse_json(body: bytes) -> Any:
    """The value of a JSON body. Raises ApiError (400)."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ApiError(400, "The body is not valid JSON", code="invalid_json") from None
