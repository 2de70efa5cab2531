"""What every route does with a request before its own work."""

from pydantic import BaseModel

from service.api.errors import ApiError
from service.api.schemas.extras import ignored_header
from service.api.state import State

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
        message = f"The model {name[:200]!r} is not served here; {state.model_name!r} is"
        raise ApiError(404, message, param="model", code="model_not_found")
