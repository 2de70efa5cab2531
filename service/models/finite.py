"""A model whose weights are damaged computes no finite number. It is refused at start."""

from torch import Tensor

from service.errors import UnsupportedModel


def require_finite(logits: Tensor, architecture: str) -> None:
    """Raises UnsupportedModel if no number in ``logits`` is finite."""
    if not logits.isfinite().any():
        raise UnsupportedModel(f"{architecture} computes no finite number: are its weights whole?")
