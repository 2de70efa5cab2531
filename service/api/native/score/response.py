"""The answer of ``POST /v1/score``."""

import time
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from service.api.openapi.example_values import EXAMPLE_CREATED
from service.api.responses.usage import InputUsage
from service.api.wire.response_model import ResponseModel
from service.tasks.encoding.request import Encoding


class Score(ResponseModel):
    """The score of one pair."""

    index: int
    object: Literal["score"]
    score: float


class ScoreResponse(ResponseModel):
    """The scores in the order of the pairs."""

    id: str
    object: Literal["list"]
    created: int
    model: str
    data: list[Score]
    usage: InputUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreWriter:
    """Writes the answer with this ``id``. Implements ``Writer``."""

    id: str
    model: str

    async def body(self, encoding: Encoding[NDArray[np.float32]]) -> ScoreResponse:
        scores = (await encoding.result()).tolist()
        data = [Score(index, "score", score) for index, score in enumerate(scores)]
        usage = InputUsage.from_usage(encoding.usage)
        return ScoreResponse(self.id, "list", int(time.time()), self.model, data, usage)


EXAMPLE = ScoreResponse(
    "score-7f3a",
    "list",
    EXAMPLE_CREATED,
    "ms-marco-minilm-l6-v2",
    [Score(0, "score", 0.98), Score(1, "score", 0.02)],
    InputUsage(31, 31),
)
