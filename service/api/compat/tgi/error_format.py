"""Errors as clients of TGI read them."""

from collections.abc import Mapping
from typing import ClassVar

from service.api.compat.error_format import CompatRoute
from service.api.errors import ApiError
from service.api.wire.response_model import ResponseModel

_TYPES = {401: "unauthorized", 403: "unauthorized", 429: "overloaded", 503: "overloaded", 504: "incomplete_generation"}


class TgiErrorResponse(ResponseModel):
    """The error as one text. Clients choose their exception by ``error_type``."""

    error: str
    error_type: str = "validation"


class TgiRoute(CompatRoute):
    """A route whose errors have a type in TGI's words."""

    error_model: ClassVar[type[ResponseModel]] = TgiErrorResponse

    @classmethod
    def error_format(cls, error: ApiError) -> ResponseModel:
        """The error in TGI's shape."""
        answer = super().error_format(error)
        assert isinstance(answer, TgiErrorResponse)
        answer.error_type = _TYPES.get(error.status, "validation" if error.status < 500 else "generation")
        return answer


class TextRoute(TgiRoute):
    """A route that generates text."""

    param_names: ClassVar[Mapping[str, str]] = {"prompt": "inputs", "model": "adapter_id"}
