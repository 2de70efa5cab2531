"""What loading gives."""

from dataclasses import dataclass

from service.models.contracts.layer_spec import LayerSpec
from service.models.hf.causal_lm import CausalLM
from service.models.native.decoder import NativeDecoder


@dataclass(slots=True, frozen=True)
class LoadedModel:
    """A model, what its layers look like, and how long its sequences may be."""

    model: CausalLM | NativeDecoder
    layers: list[LayerSpec]
    max_model_len: int
    block_size: int = 0  # tokens of a block of the KV cache, where the model prescribes them
