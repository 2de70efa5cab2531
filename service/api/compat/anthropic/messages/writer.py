"""Writes the answer of ``POST /v1/messages``."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from service.api.compat.anthropic.events import named_event
from service.api.compat.anthropic.messages.content import ContentWriter, WholeContent
from service.api.compat.anthropic.messages.response import (
    Content,
    MessageDelta,
    MessageResponse,
    MessageStart,
    MessageStop,
    MessageUsage,
    StopDelta,
)
from service.api.responses.usage import finish_reason
from service.api.wire.response_model import ResponseModel
from service.tasks.conversation.parsing.turn import TurnDelta
from service.tasks.conversation.turns import Turns, ended_with_calls


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageWriter:
    """Writes one message. Implements ``StreamWriter``. ``max_tokens`` is what the client asked for."""

    id: str
    model: str
    max_tokens: int
    shows_thoughts: bool

    async def body(self, turns: Turns) -> MessageResponse:
        writer, content = ContentWriter(shows_thoughts=self.shows_thoughts), WholeContent()
        stop: StopDelta | None = None
        async for delta in turns:
            stop = self._stop(delta, turns)
            for event in writer.add(delta.parts):
                content.add(event)
        for event in writer.end():
            content.add(event)
        return self._message(turns, content.blocks, stop)

    async def events(self, turns: Turns) -> AsyncGenerator[bytes, None]:
        writer = ContentWriter(shows_thoughts=self.shows_thoughts)
        has_begun = False
        async for delta in turns:
            stop = self._stop(delta, turns)
            events: list[ResponseModel] = []
            if not has_begun:  # only now it is known what the cache held
                has_begun = True
                events.append(MessageStart(self._message(turns, [], None)))
            events += writer.add(delta.parts)
            if stop is not None:
                events += writer.end()
                events += [MessageDelta(stop, MessageUsage.from_usage(turns.usage)), MessageStop()]
            if events:
                yield b"".join(map(named_event, events))

    def _message(self, turns: Turns, content: list[Content], stop: StopDelta | None) -> MessageResponse:
        return MessageResponse(
            id=self.id,
            model=self.model,
            content=content,
            stop_reason=None if stop is None else stop.stop_reason,
            stop_sequence=None if stop is None else stop.stop_sequence,
            usage=MessageUsage.from_usage(turns.usage),
        )

    def _stop(self, delta: TurnDelta, turns: Turns) -> StopDelta | None:
        """Why the turn ended, or None while it goes on. Raises ProcessError if it failed."""
        reason, stop = finish_reason(delta.delta), delta.delta.stop
        if reason is None:
            return None
        if reason == "length":
            is_cut = turns.usage.completion_tokens < self.max_tokens
            return StopDelta("model_context_window_exceeded" if is_cut else "max_tokens", None)
        if isinstance(stop, str):
            return StopDelta("stop_sequence", stop)
        return StopDelta("tool_use" if ended_with_calls(delta) else "end_turn", None)
