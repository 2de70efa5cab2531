"""The answers of the routes about models."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from service.api.compat.ollama.durations import timestamp
from service.api.compat.ollama.models.details import (
    ModelDetails,
    Served,
    capabilities,
    context_length,
    digest,
    info_of,
)
from service.api.openapi.example_values import EXAMPLE_MODEL
from service.api.wire.response_model import UNSET, ResponseModel, UnsetType
from service.serving.model import ServedModel

_NEVER = "9999-12-31T23:59:59Z"
_API_VERSION = "0.12.6"


class TaggedModel(ResponseModel):
    """A served model. ``size`` is in bytes, ``modified_at`` is the start of the service."""

    name: str
    model: str
    modified_at: str
    size: int
    digest: str
    details: ModelDetails

    @classmethod
    def of(cls, model: Served, started: str) -> "TaggedModel":
        """The answer about this model or adapter."""
        size = model.base.memory_estimate if model.base is model else model.memory
        return cls(model.name, model.name, started, size, digest(model), ModelDetails.of(model))


class TagsResponse(ResponseModel):
    """All served models, each followed by its adapters."""

    models: list[TaggedModel]

    @classmethod
    def of(cls, models: Iterable[ServedModel], started: str) -> "TagsResponse":
        """The answer about these models."""
        served: list[Served] = []
        for model in models:
            served += [model, *model.adapters.values()]
        return cls([TaggedModel.of(each, started) for each in served])


class RunningModel(ResponseModel):
    """A loaded model. ``size_vram`` is the part of ``size`` that a GPU holds."""

    name: str
    model: str
    size: int
    digest: str
    details: ModelDetails
    expires_at: str
    size_vram: int
    context_length: int

    @classmethod
    def of(cls, model: Served) -> "RunningModel | None":
        """The answer about this model; None if it is not loaded."""
        if (info := info_of(model)) is None:
            return None
        vram = 0 if info.device.startswith("cpu") else model.memory
        return cls(
            model.name,
            model.name,
            model.memory,
            digest(model),
            ModelDetails.of(model),
            _expires(model),
            vram,
            context_length(info),
        )


class RunningModelsResponse(ResponseModel):
    """The loaded models."""

    models: list[RunningModel]


class ShowResponse(ResponseModel):
    """A model. Its chat template is in its files, and not in Ollama's notation, so ``template`` is empty."""

    modelfile: str
    parameters: str
    template: str
    license: str
    details: ModelDetails
    model_info: dict[str, str | int]
    capabilities: list[str]
    modified_at: str

    @classmethod
    def of(cls, model: Served, started: str) -> "ShowResponse":
        """The answer about this model or adapter."""
        facts: dict[str, str | int] = {"general.basename": model.name}
        if (info := info_of(model)) is not None:
            name = info.architecture
            facts |= {"general.architecture": name, f"{name}.context_length": context_length(info)}
        licence = "" if model.base.local is None else model.base.local.licence
        return cls("", "", "", licence, ModelDetails.of(model), facts, capabilities(model), started)


class StatusResponse(ResponseModel):
    """How far a model is. While a file is fetched, ``total`` and ``completed`` are its bytes."""

    status: str
    total: int | UnsetType = UNSET
    completed: int | UnsetType = UNSET


class OllamaVersionResponse(ResponseModel):
    """The version of Ollama whose API this is; ``GET /version`` has the version of the service."""

    version: str


def _expires(model: Served) -> str:
    """When the model will be unloaded, if no request comes."""
    base = model.base
    if not base.spec.idle_seconds:
        return _NEVER
    return timestamp(datetime.now(UTC) + timedelta(seconds=base.spec.idle_seconds - base.idle_seconds))


VERSION = OllamaVersionResponse(_API_VERSION)
SUCCESS = StatusResponse("success")
EXAMPLE_PULL = (
    StatusResponse("pulling manifest"),
    StatusResponse("pulling model.safetensors", 988_097_824, 524_288_000),
    SUCCESS,
)
_DETAILS = ModelDetails("", "safetensors", "Qwen2ForCausalLM", ["Qwen2ForCausalLM"], "", "int8")
_DIGEST = "4c1f" * 16
_STARTED = "2026-01-05T09:00:00.000000Z"
EXAMPLE_TAGS = TagsResponse([TaggedModel(EXAMPLE_MODEL, EXAMPLE_MODEL, _STARTED, 1_536_000_000, _DIGEST, _DETAILS)])
EXAMPLE_RUNNING = RunningModelsResponse(
    [RunningModel(EXAMPLE_MODEL, EXAMPLE_MODEL, 1_536_000_000, _DIGEST, _DETAILS, _NEVER, 0, 32768)]
)
EXAMPLE_SHOW = ShowResponse(
    "",
    "",
    "",
    "apache-2.0",
    _DETAILS,
    {"general.architecture": "Qwen2ForCausalLM", "Qwen2ForCausalLM.context_length": 32768},
    ["completion"],
    _STARTED,
)
