"""Errors as LibreTranslate's clients read them."""

from collections.abc import Mapping
from typing import ClassVar

from service.api.compat.error_format import CompatRoute
from service.api.wire.response_model import ResponseModel


class LibreTranslateErrorResponse(ResponseModel):
    """The error as one text."""

    error: str


class LibreTranslateRoute(CompatRoute):
    """A route of LibreTranslate's API."""

    error_model: ClassVar[type[ResponseModel]] = LibreTranslateErrorResponse
    param_names: ClassVar[Mapping[str, str]] = {"text": "q", "source_lang": "source", "target_lang": "target"}
    accepts_key_in_body: ClassVar[bool] = True
