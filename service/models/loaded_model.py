"""The result of loading a model."""

import logging
from dataclasses import dataclass

from service.models.contracts.language_model import EncoderDecoder, NativeModel, TorchModel
from service.models.contracts.layer_spec import LayerSpec

logger = logging.getLogger(__name__)


@dataclass(slots=True, frozen=True)
class LoadedModel:
    """A model, the attention of its layers, and how long its sequences may be."""

    model: TorchModel | NativeModel | EncoderDecoder
    layers: list[LayerSpec]
    max_model_len: int
    max_source_len: int = 0  # positions of a source; 0: the model has no encoder
    block_size: int = 0  # tokens in a block of the KV cache, where the model prescribes the number; else 0
    notes: tuple[str, ...] = ()  # what the person who started the model should know, such as a loss of precision


def loading_notes(*notes: str) -> tuple[str, ...]:
    """The ``notes`` that are not empty. Each is logged as a warning."""
    found = tuple(filter(None, notes))
    for note in found:
        logger.warning("%s", note)
    return found
