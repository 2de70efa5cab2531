"""The answer of ``POST /v1/generate``: one object, or events with parts of the text and a last event with the usage."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from service.api.openapi.example_values import EXAMPLE_MODEL, example_timings, example_usage
from service.api.responses.event_stream import event
from service.api.responses.usage import FinishReasonName, ResponseTimings, ResponseUsage, final_reason, finish_reason
from service.api.wire.response_model import UNSET, ResponseModel, UnsetType, unset_if_none
from service.tasks.generation.choice import score_of
from service.tasks.generation.completion import Completion


class GeneratedSequence(ResponseModel):
    """One of several texts."""

    text: str
    finish_reason: FinishReasonName
    score: float | UnsetType = UNSET  # of a beam search


class GenerateResponse(ResponseModel):
    """The whole text. ``sequences`` are all texts if several were asked for; those of a beam search the best first."""

    id: str
    model: str
    text: str
    finish_reason: FinishReasonName
    usage: ResponseUsage
    timings: ResponseTimings
    score: float | UnsetType = UNSET  # of a beam search
    sequences: list[GeneratedSequence] | UnsetType = UNSET


class GenerateEvent(ResponseModel):
    """A part of the text with this ``index``. Only its last part has a ``finish_reason``."""

    id: str
    index: int
    text: str
    finish_reason: FinishReasonName | None
    score: float | UnsetType = UNSET  # of a beam search, with the finish reason


class GenerateEndEvent(ResponseModel):
    """The last event."""

    id: str
    model: str
    usage: ResponseUsage
    timings: ResponseTimings


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateWriter:
    """Writes the answer with this ``id``. Implements ``StreamWriter``."""

    id: str
    model: str

    async def body(self, completion: Completion) -> GenerateResponse:
        [choices] = await completion.collect()
        sequences = [
            GeneratedSequence(choice.text, final_reason(choice), unset_if_none(choice.score)) for choice in choices
        ]
        first = sequences[0]
        return GenerateResponse(
            id=self.id,
            model=self.model,
            text=first.text,
            finish_reason=first.finish_reason,
            usage=ResponseUsage.from_usage(completion.usage),
            timings=ResponseTimings.from_timings(completion.timings),
            score=first.score,
            sequences=sequences if len(sequences) > 1 else UNSET,
        )

    async def events(self, completion: Completion) -> AsyncGenerator[bytes, None]:
        async for delta in completion:
            score = unset_if_none(score_of(delta.tokens))
            yield event(GenerateEvent(self.id, delta.choice, delta.text, finish_reason(delta), score))
        usage = ResponseUsage.from_usage(completion.usage)
        yield event(GenerateEndEvent(self.id, self.model, usage, ResponseTimings.from_timings(completion.timings)))


EXAMPLE = GenerateResponse(
    id="gen-3f0c",
    model=EXAMPLE_MODEL,
    text="，它将改变我们的工作方式。",
    finish_reason="stop",
    usage=example_usage(5, 8),
    timings=example_timings(),
)
EXAMPLE_EVENTS = (
    GenerateEvent("gen-3f0c", 0, " there was", None),
    GenerateEvent("gen-3f0c", 0, "", "length"),
    GenerateEndEvent("gen-3f0c", EXAMPLE_MODEL, example_usage(4, 2), example_timings()),
)
