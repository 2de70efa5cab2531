"""What every route does with a request before its own work."""

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel

from service.api.errors import ApiError
from service.api.requests.undeclared_fields import ignored_header
from service.api.state import State

ModelPath = Annotated[str, Path(max_length=512, description="The served model's id, which may hold slashes.")]

# What clients send where they have an address and no model: huggingface_hub, and TGI's documentation for openai.
_PLACEHOLDERS = {"dummy", "tgi"}


def checked(body: BaseModel, state: State) -> dict[str, str]:
    """The headers of the answer. Raises ApiError for another model, a refused field, or with ``strict_params`` an
    unknown one.
    """
    name = getattr(body, "model", None) if "model" in type(body).model_fields else None
    if name is not None:
        check_model(name, state)
    return ignored_header(body, strict=state.settings.strict_params)


def check_model(name: str, state: State) -> None:
    """Raises ApiError if another model is meant."""
    if name not in {state.model_name, *_PLACEHOLDERS}:
        raise ApiError(404, f"The model served here is {state.model_name!r}", param="model", code="model_not_found")
