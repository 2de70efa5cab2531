"""Vectors as parts of JSON answers."""

import asyncio
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

_MANY_NUMBERS = 1 << 14  # for more, the work takes longer than handing it to a thread

# A vector of an answer: a list of numbers, or in base64 its bytes as little-endian float32.
JsonVector = list[float] | bytes


async def json_vectors(vectors: NDArray[np.float32], *, base64: bool = False) -> list[JsonVector]:
    """Each row of ``vectors`` [n, dimensions] as a value of an answer's field.

    Lists of numbers are encoded here, one vector after another: a list of all numbers as Python objects would take ten
    times the memory of the vectors, and encoding it would stop the event loop.
    """
    if base64:
        return [vector.tobytes() for vector in vectors.astype("<f4", copy=False)]
    if vectors.size < _MANY_NUMBERS:
        return _encoded(vectors)
    return await asyncio.to_thread(_encoded, vectors)


def _encoded(vectors: NDArray[np.float32]) -> list[Any]:
    return [msgspec.Raw(msgspec.json.encode(vector.tolist())) for vector in vectors]
