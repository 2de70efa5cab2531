"""What Ollama's answers say about a served model."""

from hashlib import sha256

from service.api.wire.response_model import ResponseModel
from service.encoder.messages import EncoderInfo
from service.engine.protocol.engine_info import EngineInfo
from service.errors import ProcessUnavailable
from service.models.capabilities import Capability
from service.serving.adapter import ServedAdapter
from service.serving.model import ServedModel

Served = ServedModel | ServedAdapter

# In Ollama's words. The service describes tools to models that were not trained to call any.
_CAPABILITIES = {Capability.GENERATE: "completion", Capability.CHAT: "tools", Capability.EMBED: "embedding"}


class ModelDetails(ResponseModel):
    """The kind of a model. What is known only of a loaded model is empty until then."""

    parent_model: str
    format: str
    family: str
    families: list[str]
    parameter_size: str
    quantization_level: str

    @classmethod
    def of(cls, model: Served) -> "ModelDetails":
        """The details of this model or adapter."""
        info = info_of(model)
        family = "" if info is None else info.architecture
        quantization = info.quantization if isinstance(info, EngineInfo) else ""
        parent = "" if model.base is model else model.base.name
        return cls(parent, "safetensors", family, [family] if family else [], "", quantization)


def info_of(model: Served) -> EngineInfo | EncoderInfo | None:
    """The facts about the model's process; None while it is not loaded, or restarting."""
    try:
        return model.base.client.info
    except ProcessUnavailable:
        return None


def context_length(info: EngineInfo | EncoderInfo) -> int:
    """The most tokens that the model takes at once."""
    return info.max_model_len if isinstance(info, EngineInfo) else info.max_tokens


def capabilities(model: Served) -> list[str]:
    """What the model can do, in Ollama's words. It has none for re-ranking and classes."""
    return [word for capability, word in _CAPABILITIES.items() if capability in model.capabilities]


def digest(model: Served) -> str:
    """Changes when the same request may get another answer."""
    return sha256(model.fingerprint.encode()).hexdigest()
