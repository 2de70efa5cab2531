"""Errors as Ollama's clients read them."""

from typing import ClassVar

from service.api.compat.error_format import CompatRoute
from service.api.errors import ApiError
from service.api.wire.response_model import ResponseModel


class OllamaErrorResponse(ResponseModel):
    """The error as one text."""

    error: str


class OllamaRoute(CompatRoute):
    """A route of Ollama's API."""

    error_model: ClassVar[type[ResponseModel]] = OllamaErrorResponse

    @classmethod
    def error_format(cls, error: ApiError) -> ResponseModel:
        """The error in Ollama's shape. Clients look for "not found", and then offer to pull the model."""
        if error.code == "model_not_found":
            return OllamaErrorResponse(f"model not found: {error.message}")
        return super().error_format(error)
