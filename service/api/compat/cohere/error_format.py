"""Errors as Cohere's clients read them."""

from collections.abc import Mapping
from typing import ClassVar

from service.api.compat.error_format import CompatRoute
from service.api.wire.response_model import ResponseModel


class CohereErrorResponse(ResponseModel):
    """The error as one text."""

    message: str


class CohereRoute(CompatRoute):
    """A route of Cohere's API."""

    error_model: ClassVar[type[ResponseModel]] = CohereErrorResponse
    param_names: ClassVar[Mapping[str, str]] = {"dimensions": "output_dimension"}
