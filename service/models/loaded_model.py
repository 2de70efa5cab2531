"""The result of loading a model."""

from dataclasses import dataclass

from service.models.contracts.language_model import NativeModel, TorchModel
from service.models.contracts.layer_spec import LayerSpec


@dataclass(slots=True, frozen=True)
class LoadedModel:
    """A model, the attention of its layers, and how long its sequences may be."""

    model: TorchModel | NativeModel
    layers: list[LayerSpec]
    max_model_len: int
    block_size: int = 0  # tokens in a block of the KV cache, where the model prescribes the number; else 0
