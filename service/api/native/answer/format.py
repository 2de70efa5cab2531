"""What ``/v1/answer`` says.

A stream has events ``{"id", "index", "text", "finish_reason"}``, the last of which has the reason and no text, and one
event with all that the JSON answer has but the text, with ``"done": true``.
"""

from collections.abc import AsyncGenerator
from dataclasses import asdict, dataclass
from typing import Any

from service.api.replies import usage as common
from service.api.replies.event_stream import event
from service.tasks.answering.result import Answer, AnswerSpan
from service.tasks.answering.run import AnswerRun


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFormat:
    """The constants of one answer."""

    id: str
    model: str

    async def body(self, run: AnswerRun) -> dict[str, Any]:
        answer = await run.collect()
        return {"id": self.id, "model": self.model, "answer": answer.text} | self._rest(answer, run)

    async def events(self, run: AnswerRun) -> AsyncGenerator[bytes, None]:
        async for text in run:
            yield event({"id": self.id, "index": 0, "text": text, "finish_reason": None})
        answer = await run.collect()
        yield event({"id": self.id, "index": 0, "text": "", "finish_reason": answer.finish_reason})
        yield event({"id": self.id, "model": self.model, "done": True} | self._rest(answer, run))

    def _rest(self, answer: Answer, run: AnswerRun) -> dict[str, Any]:
        best = answer.spans[0] if answer.mode == "extractive" and not answer.no_answer else None
        spans = [_span(span) for span in answer.spans]
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
            "usage": common.usage(run.usage),
            "timings": common.timings(run.timings),
        }


def _span(span: AnswerSpan) -> dict[str, Any]:
    """The one text of a context has no name."""
    return asdict(span) | {"document": span.document or None}
