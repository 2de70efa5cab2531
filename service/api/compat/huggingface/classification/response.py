"""The answer of the task text-classification."""

from dataclasses import dataclass

from service.api.wire.response_model import ResponseModel
from service.tasks.classification.classifier import RankedLabels
from service.tasks.encoding.request import Encoding


class ScoredLabel(ResponseModel):
    """A label and its score."""

    label: str
    score: float


@dataclass(frozen=True, slots=True)
class LabelsWriter:
    """Writes the answer: for each text the ``top_k`` best labels, or all of them. Implements ``Writer``."""

    top_k: int | None

    async def body(self, encoding: Encoding[RankedLabels]) -> list[list[ScoredLabel]]:
        return [
            [ScoredLabel(each.label, each.score) for each in ranked[: self.top_k]] for ranked in await encoding.result()
        ]


EXAMPLE = [[ScoredLabel("POSITIVE", 0.9998), ScoredLabel("NEGATIVE", 0.0002)]]
