"""Activations: from logits [..., labels] to scores of the same shape."""

import numpy as np
from numpy.typing import NDArray


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """1 / (1 + exp(-logit)), without an overflow."""
    decayed = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1 / (1 + decayed), decayed / (1 + decayed)).astype(np.float32)


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities whose sum over the last axis is 1."""
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: NDArray[np.float32] = weights / weights.sum(axis=-1, keepdims=True)
    return probabilities


def identity(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """The logits themselves."""
    return logits
