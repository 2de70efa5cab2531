"""The answers of ``GET /v1/models`` and ``GET /v1/models/{id}``."""

from typing import Literal

from service.api.openapi.example_values import EXAMPLE_CREATED, EXAMPLE_MODEL
from service.api.state import State
from service.api.wire.response_model import ResponseModel


class ModelResponse(ResponseModel):
    """The served model. ``max_model_len`` is null until the engine is ready."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    root: str
    parent: str | None
    max_model_len: int | None

    @classmethod
    def from_state(cls, state: State) -> "ModelResponse":
        """The model that this service serves."""
        return cls(
            id=state.model_name,
            object="model",
            created=state.started,
            owned_by="trivium",
            root=state.model.name,
            parent=None,
            max_model_len=state.client.info.max_model_len if state.client.status == "ready" else None,
        )


class ModelListResponse(ResponseModel):
    """All models: there is one."""

    object: Literal["list"]
    data: list[ModelResponse]


EXAMPLE = ModelResponse(
    id=EXAMPLE_MODEL,
    object="model",
    created=EXAMPLE_CREATED,
    owned_by="trivium",
    root=EXAMPLE_MODEL,
    parent=None,
    max_model_len=4096,
)
EXAMPLE_LIST = ModelListResponse("list", [EXAMPLE])
