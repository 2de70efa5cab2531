"""Errors as DeepL's clients read them."""

from typing import ClassVar

from service.api.compat.error_format import CompatRoute
from service.api.wire.response_model import ResponseModel


class DeepLErrorResponse(ResponseModel):
    """The error as one text."""

    message: str


class DeepLRoute(CompatRoute):
    """A route of DeepL's API."""

    error_model: ClassVar[type[ResponseModel]] = DeepLErrorResponse
