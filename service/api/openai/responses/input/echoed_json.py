"""JSON objects of a client that are in the answer as well."""

from typing import Annotated, Any

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from service.api.wire.response_model import to_json


def _encodable(value: dict[str, Any]) -> dict[str, Any]:
    """The object itself. Raises PydanticCustomError for one that cannot be encoded again."""
    try:
        to_json(value)
    except (ValueError, RecursionError):  # half a surrogate pair, many levels
        raise PydanticCustomError("json", "Input holds a text or a depth that cannot be encoded") from None
    return value


EchoedJson = Annotated[dict[str, Any], AfterValidator(_encodable)]
