"""Finds the secrets in a request: in three kinds of headers, and in the body on LibreTranslate's routes."""

from collections.abc import Iterator

import msgspec
from starlette.datastructures import Headers

from service.api.errors import ApiError
from service.api.requests.bodies import JSON, MULTIPART, form_fields, media_type
from service.api.requests.file_form import split_form

API_KEY_FIELD = "api_key"
_SCHEMES = {"bearer", "deepl-auth-key"}


class _BodyWithKey(msgspec.Struct):
    """The only field of a body that is read before the caller is known."""

    api_key: str | None = None


def secrets_in_headers(headers: Headers) -> Iterator[str]:
    """All secrets in the headers ``authorization`` and ``x-api-key``."""
    for value in headers.getlist("authorization"):
        scheme, _, secret = value.strip().partition(" ")
        if scheme.lower() in _SCHEMES and secret.strip():
            yield secret.strip()
    for value in headers.getlist("x-api-key"):
        if value.strip():
            yield value.strip()


def secrets_in_body(headers: Headers, body: bytes) -> Iterator[str]:
    """The secrets in the field ``api_key`` of a JSON or form body.

    A body that cannot be parsed has none: the route reports what is wrong with it, but only to known callers.
    """
    found: str | list[str] | None = None
    try:
        if media_type(headers) == JSON:
            found = msgspec.json.decode(body, type=_BodyWithKey).api_key
        elif media_type(headers) == MULTIPART:
            found = split_form(headers["content-type"], body)[0].get(API_KEY_FIELD)
        elif (fields := form_fields(headers, body, multipart=False)) is not None:
            found = fields.get(API_KEY_FIELD)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ApiError):
        return
    yield from (each for each in ([found] if isinstance(found, str) else found or []) if each)
