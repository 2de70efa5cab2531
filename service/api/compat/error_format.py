"""Error formats of compatible APIs: a route class for each API gives its errors the shape that its clients read."""

from collections.abc import Mapping
from typing import ClassVar

from fastapi.routing import APIRoute

from service.api.errors import ApiError
from service.api.wire.response_model import ResponseModel


class CompatRoute(APIRoute):
    """A route of a compatible API. Its errors are one text, which begins with the field that is wrong.

    ``error_model`` has one field for that text. ``param_names`` has this API's names for the tasks' fields.
    """

    error_model: ClassVar[type[ResponseModel]]
    param_names: ClassVar[Mapping[str, str]] = {}
    accepts_key_in_body: ClassVar[bool] = False  # whether a POST may carry the API key in a field of its body

    @classmethod
    def error_format(cls, error: ApiError) -> ResponseModel:
        """The error in this API's shape."""
        param = cls.param_names.get(error.param, error.param) if error.param else ""
        named = not param or error.message.startswith(param)
        return cls.error_model(error.message if named else f"{param}: {error.message}")
