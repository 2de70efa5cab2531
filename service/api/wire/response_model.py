"""The base of response models, and JSON made of them.

A response model is the only definition of an answer: routes return instances, the OpenAPI document is generated from
the classes, and its examples are instances. Models are msgspec structs because an event is built for every token: a
struct takes a tenth of the time of a pydantic model to build and encode. They are not validated when they are built;
mypy and the tests do that.
"""

import re
from collections.abc import Sequence
from json.encoder import encode_basestring_ascii
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType
from starlette.responses import Response

__all__ = ["UNSET", "JsonResponse", "ResponseModel", "UnsetType", "to_ascii_json", "to_json", "unset_if_none"]


class ResponseModel(Struct):
    """A JSON object of an answer. A field whose value is UNSET is left out.

    Fields are encoded in the order of their declaration, those of a base class first. Fields of a base with
    ``kw_only=True`` come after those of its subclasses.
    """


# An answer: an object, a list of objects or numbers, or a list of such lists.
JsonBody = (
    ResponseModel
    | Sequence[ResponseModel]
    | Sequence[float]
    | Sequence[Sequence[ResponseModel]]
    | Sequence[Sequence[float]]
)


def unset_if_none(value: float | None) -> float | UnsetType:
    """The value of a field that is left out if there is none."""
    return UNSET if value is None else value


to_json = msgspec.json.encode  # in UTF-8, unescaped

_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


def to_ascii_json(model: Any) -> bytes:
    """The model as one line of JSON in ASCII. All other characters are escaped."""
    line = to_json(model)
    if line.isascii():
        return line
    return _NOT_ASCII.sub(_escape, line.decode()).encode("ascii")


def _escape(characters: re.Match[str]) -> str:
    return encode_basestring_ascii(characters[0])[1:-1]


class JsonResponse(Response):
    """JSON in UTF-8, unescaped, so that people can read it in any language."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return to_json(content)
