"""Writes one response, whole or as a stream, and keeps it."""

import time
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass
from itertools import count

import msgspec

from service.api.errors import ApiError
from service.api.openai.logprobs import ChatTokenLogprob, chat_logprobs, text_tokens
from service.api.openai.responses.output.events import (
    ErrorEvent,
    ResponseCompleted,
    ResponseCreated,
    ResponseEvent,
    ResponseFailed,
    ResponseIncomplete,
    ResponseInProgress,
    named_event,
)
from service.api.openai.responses.output.output import Output
from service.api.openai.responses.output.response import (
    IncompleteDetails,
    ResponseFailure,
    ResponseObject,
    ResponseTokens,
)
from service.api.openai.responses.output.text_logprobs import TextLogprobs
from service.api.responses.event_stream import PING, StreamForm
from service.api.responses.usage import finish_reason
from service.tasks.conversation.parsing.turn import TurnDelta
from service.tasks.conversation.turns import Turns
from service.tasks.text.tokenizer import Tokenizer

Keep = Callable[[ResponseObject], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseStreamForm(StreamForm):
    """OpenAI's form: events have names, and the last one is the end mark. An error is two events."""

    fail: Callable[[ApiError], Iterator[ResponseEvent]]

    def last_error(self, error: ApiError) -> bytes:
        return b"".join(map(self.event, self.fail(error)))


class ResponseWriter:
    """Writes the response that begins as ``begun``. Implements ``StreamWriter``.

    ``keep`` gets the whole response before the client does; None: it is not kept. Failed responses are not kept.
    """

    def __init__(self, begun: ResponseObject, *, logprobs: bool, include_stop: bool, keep: Keep | None) -> None:
        """``include_stop``: a stop token belongs to the text."""
        self._begun = begun
        self._logprobs = logprobs
        self._include_stop = include_stop
        self._keep = keep
        self._numbers = count()
        self._output = Output(self._numbers)
        self._is_created = False
        self._text_logprobs = TextLogprobs()

    @property
    def form(self) -> ResponseStreamForm:
        """The form of this writer's stream."""
        return ResponseStreamForm(
            media_type="text/event-stream",
            event=named_event,
            error=self._error,
            ping=PING,
            done=b"",
            fail=self._fail,
        )

    async def body(self, turns: Turns) -> ResponseObject:
        whole = self._begun
        async for delta in turns:
            for _ in self._add(delta, turns.tokenizer):
                pass
            if (reason := finish_reason(delta.delta)) is not None:
                for _ in self._finish(reason):
                    pass
                whole = self._whole(turns, reason)
        self._store(whole)
        return whole

    async def events(self, turns: Turns) -> AsyncGenerator[bytes, None]:
        yield _written(self._create())
        async for delta in turns:
            reason = finish_reason(delta.delta)
            events = list(self._add(delta, turns.tokenizer))
            if reason is not None:
                events += self._finish(reason)
                whole = self._whole(turns, reason)
                self._store(whole)
                kind = ResponseCompleted if reason == "stop" else ResponseIncomplete
                events.append(kind(next(self._numbers), whole))
            if events:
                yield _written(events)

    def _create(self) -> Iterator[ResponseEvent]:
        self._is_created = True
        yield ResponseCreated(next(self._numbers), self._begun)
        yield ResponseInProgress(next(self._numbers), self._begun)

    def _add(self, delta: TurnDelta, tokenizer: Tokenizer) -> Iterator[ResponseEvent]:
        logprobs: list[ChatTokenLogprob] = []
        if self._logprobs:
            tokens = text_tokens(delta.delta, include_stop=self._include_stop)
            logprobs = self._text_logprobs.feed(chat_logprobs(tokens, tokenizer).content, delta.parts)
        return self._output.add(delta.parts, logprobs)

    def _finish(self, reason: str) -> Iterator[ResponseEvent]:
        return self._output.finish("completed" if reason == "stop" else "incomplete")

    def _whole(self, turns: Turns, reason: str) -> ResponseObject:
        usage = ResponseTokens.from_usage(turns.usage)
        if reason == "stop":
            return self._ended(status="completed", completed_at=int(time.time()), usage=usage)
        return self._ended(status="incomplete", incomplete_details=IncompleteDetails("max_output_tokens"), usage=usage)

    def _store(self, whole: ResponseObject) -> None:
        if self._keep is not None:
            self._keep(whole)

    def _ended(self, **values: object) -> ResponseObject:
        return msgspec.structs.replace(self._begun, output=self._output.items, **values)

    def _fail(self, error: ApiError) -> Iterator[ResponseEvent]:
        """The end of a stream that fails. The official client accepts no event before the first."""
        if not self._is_created:
            yield from self._create()
        yield self._error(error)
        yield from self._output.finish("incomplete")
        failed = self._ended(status="failed", error=ResponseFailure.from_error(error))
        yield ResponseFailed(next(self._numbers), failed)

    def _error(self, error: ApiError) -> ErrorEvent:
        return ErrorEvent(next(self._numbers), error.code, error.message, error.param)


def _written(events: Iterator[ResponseEvent] | list[ResponseEvent]) -> bytes:
    return b"".join(map(named_event, events))
