"""Errors as clients of llama.cpp's server read them."""

from fastapi.routing import APIRoute

from service.api.errors import ApiError
from service.api.wire.response_model import ResponseModel

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    503: "unavailable_error",
}


class LlamaErrorDetail(ResponseModel):
    """The status, the problem in words, and its kind."""

    code: int
    message: str
    type: str


class LlamaErrorResponse(ResponseModel):
    """llama.cpp's error object."""

    error: LlamaErrorDetail


class LlamaRoute(APIRoute):
    """A route of llama.cpp's API."""

    @classmethod
    def error_format(cls, error: ApiError) -> ResponseModel:
        """The error in llama.cpp's shape."""
        kind = _TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "server_error")
        return LlamaErrorResponse(LlamaErrorDetail(error.status, error.message, kind))
