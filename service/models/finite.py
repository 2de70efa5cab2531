"""Refuses a model that computes no finite number, because its weights are damaged."""

from torch import Tensor

from service.errors import UnsupportedModel


def require_finite(logits: Tensor, architecture: str) -> None:
    """Raises UnsupportedModel if no number in ``logits`` is finite."""
    if not logits.isfinite().any():
        raise UnsupportedModel(f"{architecture} computes no finite number: are its weights whole?")
