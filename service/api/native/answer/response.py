"""The answer of ``POST /v1/answer``: one object, or events with parts of the text and a last event with the rest."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Literal

from service.api.openapi.example_values import EXAMPLE_MODEL, example_timings, example_usage
from service.api.responses.event_stream import event
from service.api.responses.usage import FinishReasonName, ResponseTimings, ResponseUsage
from service.api.wire.response_model import ResponseModel
from service.tasks.answering.result import Answer, AnswerSpan
from service.tasks.answering.run import AnswerRun


class ResponseSpan(ResponseModel):
    """A part of a document. ``start`` and ``end`` are in characters. The text of ``context`` has no document id."""

    text: str
    start: int
    end: int
    document: str | None
    score: float

    @classmethod
    def from_span(cls, span: AnswerSpan) -> "ResponseSpan":
        """The same span on the wire."""
        return cls(span.text, span.start, span.end, span.document or None, span.score)


class AnswerDetails(ResponseModel, kw_only=True):
    """Everything about an answer except its text. ``start``, ``end`` and ``document`` are those of the best span."""

    mode: Literal["extractive", "generative"]
    finish_reason: FinishReasonName
    no_answer: bool
    no_answer_probability: float | None
    score: float | None
    start: int | None
    end: int | None
    document: str | None
    answers: list[ResponseSpan]
    citations: list[ResponseSpan]
    dropped_citations: int
    question_used: str | None
    usage: ResponseUsage
    timings: ResponseTimings


class AnswerResponse(AnswerDetails):
    """The whole answer."""

    id: str
    model: str
    answer: str


class AnswerEvent(ResponseModel):
    """A part of the text, or a citation as soon as it is known: the first one comes before the text.

    ``index`` is always 0; the last part is empty and has the ``finish_reason``.
    """

    id: str
    index: int
    text: str
    finish_reason: FinishReasonName | None
    citation: ResponseSpan | None = None


class AnswerEndEvent(AnswerDetails):
    """The last event."""

    id: str
    model: str
    done: bool  # true


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerWriter:
    """Writes the answer with this ``id``. Implements ``StreamWriter``."""

    id: str
    model: str

    async def body(self, run: AnswerRun) -> AnswerResponse:
        answer = await run.collect()
        return AnswerResponse(self.id, self.model, answer.text, **_details(answer, run))

    async def events(self, run: AnswerRun) -> AsyncGenerator[bytes, None]:
        async for step in run:
            if isinstance(step, AnswerSpan):
                yield event(AnswerEvent(self.id, 0, "", None, ResponseSpan.from_span(step)))
            else:
                yield event(AnswerEvent(self.id, 0, step, None))
        details = _details(await run.collect(), run)
        yield event(AnswerEvent(self.id, 0, "", details["finish_reason"]))
        yield event(AnswerEndEvent(self.id, self.model, True, **details))


def _details(answer: Answer, run: AnswerRun) -> dict[str, Any]:
    """The fields of AnswerDetails."""
    best = answer.spans[0] if answer.mode == "extractive" and not answer.no_answer else None
    spans = [ResponseSpan.from_span(span) for span in answer.spans]
    return {
        "mode": answer.mode,
        "finish_reason": answer.finish_reason,
        "no_answer": answer.no_answer,
        "no_answer_probability": answer.no_answer_probability,
        "score": answer.score,
        "start": best and best.start,
        "end": best and best.end,
        "document": (best and best.document) or None,
        "answers": spans if answer.mode == "extractive" else [],
        "citations": spans if answer.mode == "generative" else [],
        "dropped_citations": answer.dropped_citations,
        "question_used": answer.question_used,
        "usage": ResponseUsage.from_usage(run.usage),
        "timings": ResponseTimings.from_timings(run.timings),
    }


_DETAILS_EXAMPLE: dict[str, Any] = {
    "mode": "extractive",
    "finish_reason": "stop",
    "no_answer": False,
    "no_answer_probability": 0.03,
    "score": 0.91,
    "start": 24,
    "end": 28,
    "document": None,
    "answers": [ResponseSpan("1894", 24, 28, None, 0.91)],
    "citations": [],
    "dropped_citations": 0,
    "question_used": None,
    "usage": example_usage(64, 4),
    "timings": example_timings(),
}
EXAMPLE = AnswerResponse("ans-55d0", EXAMPLE_MODEL, "1894", **_DETAILS_EXAMPLE)
EXAMPLE_EVENTS = (
    AnswerEvent("ans-55d0", 0, "1894", None),
    AnswerEvent("ans-55d0", 0, "", "stop"),
    AnswerEndEvent("ans-55d0", EXAMPLE_MODEL, True, **_DETAILS_EXAMPLE),
)
