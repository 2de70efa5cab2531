"""The answers of the tasks feature-extraction and sentence-similarity."""

from typing import cast

import numpy as np
from numpy.typing import NDArray

from service.api.responses.vectors import json_vectors
from service.tasks.embedding.embedder import Vectors
from service.tasks.encoding.request import Encoding


class VectorsWriter:
    """Writes the answer of feature-extraction: a list of numbers for each text. Implements ``Writer``."""

    async def body(self, encoding: Encoding[Vectors]) -> list[list[float]]:
        return cast(list[list[float]], await json_vectors(await encoding.result()))


class SimilaritiesWriter:
    """Writes the answer of sentence-similarity: a number for each sentence. Implements ``Writer``."""

    async def body(self, encoding: Encoding[NDArray[np.float32]]) -> list[float]:
        similarities: list[float] = (await encoding.result()).tolist()
        return similarities


VECTORS_EXAMPLE = [[0.0123, -0.0421, 0.0077]]
SIMILARITIES_EXAMPLE = [0.71, 0.08]
