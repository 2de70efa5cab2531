"""The answer of the task question-answering."""

from dataclasses import dataclass

from service.api.wire.response_model import JsonBody, ResponseModel
from service.tasks.answering.result import Answer
from service.tasks.answering.run import AnswerRun


class HuggingFaceAnswer(ResponseModel):
    """A span of the context. No answer is an empty text from 0 to 0."""

    answer: str
    score: float
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCandidatesWriter:
    """Writes the answer: an object for ``top_k`` 1, else a list. Implements ``Writer``.

    With ``may_be_none``, "no answer" is one of the candidates: the first one exactly if ``Answer.no_answer`` is true.
    """

    top_k: int
    may_be_none: bool

    async def body(self, run: AnswerRun) -> JsonBody:
        answer = await run.collect()
        candidates = [HuggingFaceAnswer(span.text, span.score, span.start, span.end) for span in answer.spans]
        if self.may_be_none or not candidates:
            probability = answer.no_answer_probability or 0.0
            candidates.insert(_no_answer_index(answer, probability), HuggingFaceAnswer("", probability, 0, 0))
        return candidates[0] if self.top_k == 1 else candidates[: self.top_k]


def _no_answer_index(answer: Answer, probability: float) -> int:
    """The index of "no answer" among the candidates, which are ordered by score."""
    return 0 if answer.no_answer else max(1, sum(span.score >= probability for span in answer.spans))


EXAMPLE = HuggingFaceAnswer("1894", 0.91, 24, 28)
