"""The access log: one line for each request, with its caller, its outcome and its usage, never with any text.

The code that produces an answer adds to the record of the current request. The record is in a context variable, because
tasks know nothing of HTTP, and because one request may have several completions.
"""

import logging
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from service.api.middleware.trace_context import TraceContext
from service.api.outcome import noted_outcome
from service.engine.protocol.outputs import FinishReason
from service.outcomes import Outcome
from service.tasks.generation.observer import CompletionObserver
from service.tasks.generation.usage import Timings, Usage

logger = logging.getLogger(__name__)

_current: ContextVar["AccessRecord | None"] = ContextVar("access_record", default=None)


@dataclass(slots=True)
class AccessRecord:
    """The values of one request's line.

    ``model`` is the served model that the request is for, empty until it is picked. ``ids`` are the ids of the
    request's completions; the engine's ids begin with them.
    """

    request_id: str
    trace: TraceContext | None = None
    model: str = ""
    ids: list[str] = field(default_factory=list)
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    ttft_seconds: float | None = None
    finish: dict[str, None] = field(default_factory=dict)  # an ordered set: the distinct reasons

    @classmethod
    def begin(cls, request_id: str, trace: TraceContext | None = None) -> "AccessRecord":
        """A new record, which becomes the record of the current task's request."""
        record = cls(request_id, trace)
        _current.set(record)
        return record

    def write(
        self, outcome: Outcome, *, method: str, route: str, status: int, seconds: float, caller: str, client: str = ""
    ) -> None:
        """Write the line, at the end of the request.

        ``caller`` is the name of the key, ``client`` the address of the client; each may be empty.
        """
        if not logger.isEnabledFor(logging.INFO):
            return
        line: dict[str, Any] = {"request_id": self.request_id, "method": method, "route": route}
        line |= {"status": status, "outcome": outcome.kind, "seconds": round(seconds, 6)}
        if outcome.reason:
            line["reason"] = outcome.reason
        if self.trace is not None:
            line |= {
                "trace_id": self.trace.trace_id,
                "span_id": self.trace.span_id,
            }
            if self.trace.parent_id:
                line["parent_id"] = self.trace.parent_id
        if caller:
            line["caller"] = caller
        if client:
            line["client"] = client
        if self.model:
            line["model"] = self.model
        if self.ids:
            line |= {
                "ids": ",".join(self.ids),
                "prompt_tokens": self.prompt_tokens,
                "cached_tokens": self.cached_tokens,
                "generated_tokens": self.generated_tokens,
                "finish": ",".join(self.finish),
            }
        if self.ttft_seconds is not None:
            line["ttft_seconds"] = round(self.ttft_seconds, 6)
        logger.info("request", extra=line)


class AccessLogObserver:
    """An observer of completions that adds to the current record, and passes every event on to another observer."""

    def __init__(self, observer: CompletionObserver) -> None:
        self._observer = observer
        self.first_token = observer.first_token  # called for every token: passed on without a call in between
        self.token_gap = observer.token_gap

    def request_started(self, id: str) -> None:
        if record := _current.get():
            record.ids.append(id)
        self._observer.request_started(id)

    def finished(self, usage: Usage, timings: Timings, finish: tuple[FinishReason, ...]) -> None:
        finish = tuple(map(_explained, finish))
        if record := _current.get():
            record.prompt_tokens += usage.prompt_tokens
            record.cached_tokens += usage.cached_tokens
            record.generated_tokens += usage.completion_tokens
            record.finish |= dict.fromkeys(reason.value for reason in finish)
            if record.ttft_seconds is None:
                record.ttft_seconds = timings.ttft_seconds
        self._observer.finished(usage, timings, finish)


class EncodingAccessLog:
    """An observer of encodings that adds to the current record. Metrics count batches instead."""

    def encoding_started(self, id: str) -> None:
        if record := _current.get():
            record.ids.append(id)

    def encoding_finished(self, usage: Usage, *, complete: bool) -> None:
        if record := _current.get():
            record.prompt_tokens += usage.prompt_tokens
            record.finish[FinishReason.STOP if complete else _explained(FinishReason.ABORT)] = None


_ABORTS = {
    Outcome.CLIENT_DEADLINE: FinishReason.TIMEOUT,
    Outcome.QUEUE_TIMEOUT: FinishReason.TIMEOUT,
    Outcome.REQUEST_TIMEOUT: FinishReason.TIMEOUT,
    Outcome.DRAINING: FinishReason.DRAIN,
}


def _explained(reason: FinishReason) -> FinishReason:
    """The reason, with the cause of an abort if the request tells it."""
    outcome = noted_outcome()
    return reason if reason is not FinishReason.ABORT or outcome is None else _ABORTS.get(outcome, reason)


def note_model(name: str) -> None:
    """Note the served model that the current request is for. ``name`` is the operator's, not the client's text."""
    if record := _current.get():
        record.model = name


def current_record() -> AccessRecord | None:
    """The record of the request that is being answered, or None outside of HTTP."""
    return _current.get()
