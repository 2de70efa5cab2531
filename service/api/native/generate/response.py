"""The answer of ``POST /v1/generate``: one object, or events with parts of the text and a last event with the usage."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from service.api.openapi.example_values import EXAMPLE_MODEL, example_timings, example_usage
from service.api.responses.event_stream import event
from service.api.responses.usage import FinishReasonName, ResponseTimings, ResponseUsage, final_reason, finish_reason
from service.api.wire.response_model import UNSET, ResponseModel, UnsetType, unset_if_none
from service.tasks.generation.completion import Completion


class GenerateResponse(ResponseModel):
    """The whole text."""

    id: str
    model: str
    text: str
    finish_reason: FinishReasonName
    usage: ResponseUsage
    timings: ResponseTimings
    score: float | UnsetType = UNSET  # of a beam search


class GenerateEvent(ResponseModel):
    """A part of the text. ``index`` is always 0; only the last part has a ``finish_reason``."""

    id: str
    index: int
    text: str
    finish_reason: FinishReasonName | None


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
        [[choice]] = await completion.collect()
        return GenerateResponse(
            id=self.id,
            model=self.model,
            text=choice.text,
            finish_reason=final_reason(choice),
            usage=ResponseUsage.from_usage(completion.usage),
            timings=ResponseTimings.from_timings(completion.timings),
            score=unset_if_none(choice.score),
        )

    async def events(self, completion: Completion) -> AsyncGenerator[bytes, None]:
        async for delta in completion:
            yield event(GenerateEvent(self.id, delta.prompt_index, delta.text, finish_reason(delta)))
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
