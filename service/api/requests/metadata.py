"""A client's own names and values, which are given back."""

from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from service.api.requests.fields import encodable

_MOST, _NAME, _VALUE = 16, 64, 512


def _check(value: Any) -> Any:
    """The metadata itself. Raises PydanticCustomError, which names no entry: errors repeat no word of a client."""
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise PydanticCustomError("metadata", "Input should be an object of texts")
    if len(value) > _MOST or any(len(name) > _NAME or len(text) > _VALUE for name, text in value.items()):
        limits = {"most": _MOST, "name": _NAME, "value": _VALUE}
        message = "Input should be at most {most} texts of {value} characters, with names of {name}"
        raise PydanticCustomError("too_long", message, limits)
    for name, text in value.items():
        encodable(name + text)
    return value


Metadata = Annotated[
    dict[str, str],
    PlainValidator(_check),
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {"type": "string", "maxLength": _VALUE},
            "maxProperties": _MOST,
            "propertyNames": {"maxLength": _NAME},
        }
    ),
]
