"""The contract between an encoder model and its head."""

from typing import Any, Protocol

from torch import Tensor

from service.encoder.models.padded_batch import PaddedBatch


class EncoderHead(Protocol):
    """Computes the numbers of a batch with a transformers module that it has loaded."""

    module: Any  # an encoder, or an encoder and a head

    @property
    def dimensions(self) -> int:
        """The numbers of an embedding; 0 for other heads."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the classes; empty for other heads."""
        ...

    @property
    def max_tokens(self) -> int | None:
        """The most tokens of an input by the files of the checkpoint; None if they name no limit."""
        ...

    @property
    def weights_bytes(self) -> int: ...

    def compute(self, batch: PaddedBatch) -> list[Tensor]:
        """The numbers of each row, without its padding. ``messages.Head`` says their shapes."""
        ...


def bytes_of(module: Any) -> int:
    """The bytes of the weights of a module."""
    return sum(parameter.nbytes for parameter in module.parameters())
