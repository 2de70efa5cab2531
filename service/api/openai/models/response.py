"""The answers of the routes under ``/v1/models``."""

from collections.abc import Iterable, Iterator
from typing import Literal

from service.api.openapi.example_values import EXAMPLE_CREATED, EXAMPLE_MODEL
from service.api.wire.response_model import ResponseModel
from service.engine.protocol.engine_info import EngineInfo
from service.errors import ProcessUnavailable
from service.serving.adapter import ServedAdapter
from service.serving.model import ModelStatus, ServedModel


class ModelResponse(ResponseModel):
    """A served model, or an adapter, whose base model is its ``parent``.

    ``max_model_len`` is the context in tokens, null while the model is not loaded. ``reason`` says why the model cannot
    be used, and is null for a model that can.
    """

    id: str
    object: Literal["model"]
    created: int
    owned_by: str
    root: str
    parent: str | None
    max_model_len: int | None
    capabilities: list[str]
    state: ModelStatus
    reason: str | None
    memory_bytes: int
    adapters: list[str]

    @classmethod
    def from_served(cls, served: ServedModel | ServedAdapter, created: int) -> "ModelResponse":
        """The answer about a model or an adapter. ``created`` is the start of the service, in Unix seconds."""
        return cls.from_model(served, created) if isinstance(served, ServedModel) else cls.from_adapter(served, created)

    @classmethod
    def from_model(cls, model: ServedModel, created: int) -> "ModelResponse":
        """The answer about this model."""
        return cls(
            id=model.name,
            object="model",
            created=created,
            owned_by="trivium",
            root=model.local.name if model.local is not None else model.spec.source,
            parent=None,
            max_model_len=context_length(model),
            capabilities=sorted(model.capabilities),
            state=model.process_status,
            reason=model.process_reason or None,
            memory_bytes=model.memory,
            adapters=list(model.adapters),
        )

    @classmethod
    def from_adapter(cls, adapter: ServedAdapter, created: int) -> "ModelResponse":
        """The answer about this adapter, which is in the state of its base model unless it failed."""
        base = cls.from_model(adapter.base, created)
        base.id, base.parent, base.root = adapter.name, base.id, adapter.path.name
        base.capabilities, base.adapters, base.memory_bytes = sorted(adapter.capabilities), [], adapter.memory
        if adapter.reason:
            base.state, base.reason = "failed", adapter.reason
        return base


class ModelListResponse(ResponseModel):
    """All served models, each followed by its adapters."""

    object: Literal["list"]
    data: list[ModelResponse]

    @classmethod
    def from_models(cls, models: Iterable[ServedModel], created: int) -> "ModelListResponse":
        """The answer about these models."""
        return cls("list", [ModelResponse.from_served(each, created) for each in with_adapters(models)])


def with_adapters(models: Iterable[ServedModel]) -> Iterator[ServedModel | ServedAdapter]:
    """The models, each followed by its adapters."""
    for model in models:
        yield model
        yield from model.adapters.values()


def context_length(model: ServedModel) -> int | None:
    """The most tokens that the model takes at once; None while it is not loaded, or restarting."""
    try:
        info = model.client.info
    except ProcessUnavailable:
        return None
    return info.max_model_len if isinstance(info, EngineInfo) else info.max_tokens


EXAMPLE = ModelResponse(
    id=EXAMPLE_MODEL,
    object="model",
    created=EXAMPLE_CREATED,
    owned_by="trivium",
    root=EXAMPLE_MODEL,
    parent=None,
    max_model_len=4096,
    capabilities=["answer", "chat", "generate", "translate"],
    state="ready",
    reason=None,
    memory_bytes=1_536_000_000,
    adapters=[],
)
ADAPTER_EXAMPLE = ModelResponse(
    id="sql",
    object="model",
    created=EXAMPLE_CREATED,
    owned_by="trivium",
    root="sql",
    parent=EXAMPLE_MODEL,
    max_model_len=4096,
    capabilities=["answer", "chat", "generate", "translate"],
    state="ready",
    reason=None,
    memory_bytes=8_800_000,
    adapters=[],
)
EXAMPLE_LIST = ModelListResponse("list", [EXAMPLE])
