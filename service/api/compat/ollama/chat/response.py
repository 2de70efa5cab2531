"""The answer of ``POST /api/chat``: one object, or a line for each part and a last line with the statistics."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from service.api.compat.ollama.durations import Stopwatch, now
from service.api.compat.ollama.lines import line
from service.api.compat.ollama.text_response import OllamaTextResponse, OllamaTokenLogprob, token_logprobs
from service.api.openapi.example_values import EXAMPLE_MODEL
from service.api.responses.usage import FinishReasonName, final_reason, finish_reason
from service.api.wire.response_model import UNSET, ResponseModel, UnsetType
from service.tasks.conversation.parsing.turn import ToolCall, Turn
from service.tasks.conversation.turns import Turns


class OllamaCalledFunction(ResponseModel):
    """The function that the model calls. ``arguments`` validate against the function's schema."""

    index: int
    name: str
    arguments: dict[str, Any]


class OllamaToolCall(ResponseModel):
    """A call of a tool, which the client runs."""

    function: OllamaCalledFunction


class OllamaMessage(ResponseModel):
    """The model's turn, or a part of it."""

    role: Literal["assistant"]
    content: str
    thinking: str | UnsetType = UNSET
    tool_calls: list[OllamaToolCall] | UnsetType = UNSET


class OllamaChatResponse(OllamaTextResponse, kw_only=True):
    """The answer, or a line of it."""

    message: OllamaMessage


@dataclass(frozen=True, slots=True)
class OllamaChatWriter:
    """Writes one answer. Implements ``StreamWriter``."""

    model: str
    stopwatch: Stopwatch

    async def body(self, turns: Turns) -> OllamaChatResponse:
        [turn] = await turns.collect()
        reason = final_reason(turn.choice)
        message = OllamaMessage("assistant", turn.text, turn.reasoning or UNSET, _calls(turn, 0) or UNSET)
        return self._last(message, reason, turns, token_logprobs(turn.choice, turns.tokenizer))

    async def events(self, turns: Turns) -> AsyncGenerator[bytes, None]:
        """Text as it comes. A call comes whole, because the form of its arguments is an object."""
        reason: FinishReasonName | None = None
        turn, sent = Turn(), 0
        async for delta in turns:
            reason = finish_reason(delta.delta)
            turn.add(delta)
            calls = _calls(turn, sent)
            sent += len(calls)
            logprobs = token_logprobs(delta.delta, turns.tokenizer)
            if delta.parts.text or delta.parts.reasoning or calls or logprobs is not UNSET:
                message = OllamaMessage("assistant", delta.parts.text, delta.parts.reasoning or UNSET, calls or UNSET)
                part = OllamaChatResponse(model=self.model, created_at=now(), message=message, done=False)
                part.logprobs = logprobs
                yield line(part)
        assert reason is not None
        yield line(self._last(OllamaMessage("assistant", ""), reason, turns))

    def _last(
        self,
        message: OllamaMessage,
        reason: FinishReasonName,
        turns: Turns,
        logprobs: list[OllamaTokenLogprob] | UnsetType = UNSET,
    ) -> OllamaChatResponse:
        return OllamaChatResponse(
            model=self.model,
            created_at=now(),
            message=message,
            logprobs=logprobs,
            done=True,
            done_reason=reason,
            **self.stopwatch.statistics(turns),
        )


def _calls(turn: Turn, start: int) -> list[OllamaToolCall]:
    """The whole calls of a turn from the one with this index on. Calls that were cut off are left out."""
    return [_call(index, call) for index, call in enumerate(turn.calls[: turn.num_calls]) if index >= start]


def _call(index: int, call: ToolCall) -> OllamaToolCall:
    return OllamaToolCall(OllamaCalledFunction(index, call.name, msgspec.json.decode(call.arguments)))


EXAMPLE = OllamaChatResponse(
    model=EXAMPLE_MODEL,
    created_at="2026-01-05T09:00:00.000000Z",
    message=OllamaMessage("assistant", "Blue light is scattered most."),
    done=True,
    done_reason="stop",
    total_duration=430_000_000,
    load_duration=1_000_000,
    prompt_eval_count=26,
    prompt_eval_duration=60_000_000,
    eval_count=7,
    eval_duration=369_000_000,
)
EXAMPLE_LINES = (
    OllamaChatResponse(
        model=EXAMPLE_MODEL, created_at=EXAMPLE.created_at, message=OllamaMessage("assistant", "Blue"), done=False
    ),
    EXAMPLE,
)
