"""Where a request has its key: headers of three kinds, and the body of LibreTranslate's routes."""

from collections.abc import Iterator

import msgspec
from starlette.datastructures import Headers

from service.api.errors import ApiError
from service.api.requests.bodies import FORM, JSON, form_fields, media_type

FIELD = "api_key"
_SCHEMES = {"bearer", "deepl-auth-key"}


class _Keyed(msgspec.Struct):
    """The one field that is read of a body before it is known whose it is."""

    api_key: str | None = None


def in_headers(headers: Headers) -> Iterator[str]:
    """All secrets, however they are sent."""
    for value in headers.getlist("authorization"):
        scheme, _, secret = value.strip().partition(" ")
        if scheme.lower() in _SCHEMES and secret.strip():
            yield secret.strip()
    for value in headers.getlist("x-api-key"):
        if value.strip():
            yield value.strip()


def in_body(headers: Headers, body: bytes) -> Iterator[str]:
    """Those of the field. None in what cannot be read: that is for the route to say, to those it knows."""
    kind = media_type(headers)
    found: str | list[str] | None = None
    try:
        if kind == JSON:
            found = msgspec.json.decode(body, type=_Keyed).api_key
        elif kind == FORM:
            found = form_fields(body).get(FIELD)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ApiError):
        return
    yield from (each for each in ([found] if isinstance(found, str) else found or []) if each)
