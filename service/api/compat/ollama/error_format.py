"""What all routes of Ollama's API do alike: every body is JSON, and errors are as its clients read them."""

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response

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

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, which reads every body as JSON: Ollama does, so curl and some clients name another type."""
        handler = super().get_route_handler()

        async def read_as_json(http: Request) -> Response:
            others = [(name, value) for name, value in http.scope["headers"] if name != b"content-type"]
            http.scope["headers"] = [*others, (b"content-type", b"application/json")]
            return await handler(Request(http.scope, http.receive))

        return read_as_json
