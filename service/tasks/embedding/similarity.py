"""Lengths and angles of vectors."""

import numpy as np
from numpy.typing import NDArray

_SMALLEST_LENGTH = 1e-12  # as in torch.nn.functional.normalize


def normalized(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The vectors [n, dimensions] with the length 1."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = vectors / np.maximum(lengths, _SMALLEST_LENGTH)
    return unit


def cosine(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """The cosine [n] of each vector of ``left`` and the vector of ``right`` in the same row."""
    cosines: NDArray[np.float32] = np.einsum("nd,nd->n", normalized(left), normalized(right))
    return cosines
