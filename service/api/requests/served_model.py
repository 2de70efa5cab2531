"""The check of the model's name, in a body or in a path."""

from typing import Annotated

from fastapi import Path

from service.api.errors import ApiError
from service.api.state import State

ModelPath = Annotated[str, Path(max_length=512, description="The served model's id, which may hold slashes.")]

# Names that clients send if they are given no model: huggingface_hub, and openai as TGI's documentation shows it.
_PLACEHOLDERS = {"dummy", "tgi"}


def check_model(name: str | None, state: State) -> None:
    """Raises ApiError (404) if ``name`` is another model than the served one. None is any model."""
    if name is not None and name not in {state.model_name, *_PLACEHOLDERS}:
        raise ApiError(404, f"The model served here is {state.model_name!r}", param="model", code="model_not_found")
