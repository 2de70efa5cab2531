"""One line of the log for each request: who asked for what, how it ended and what it took. Never what was said.

Whoever makes an answer counts into the entry of the request that is being answered. It is a context variable, because
tasks know nothing of HTTP, and one request may have several completions.
"""

import logging
from contextvars import ContextVar
from dataclasses import dataclass, field
from http import HTTPMethod
from typing import Any

from starlette.types import Scope

from service.engine.protocol.types import FinishReason
from service.tasks.generation.observer import CompletionObserver
from service.tasks.generation.usage import Timings, Usage

logger = logging.getLogger(__name__)

_current: ContextVar["Entry | None"] = ContextVar("entry", default=None)
_UNKNOWN_ROUTE = "unknown"


@dataclass(slots=True)
class Entry:
    """What is known of a request so far. ``ids`` are those of its completions: the engine's begin with them."""

    request_id: str
    ids: list[str] = field(default_factory=list)
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    ttft_seconds: float | None = None
    finish: dict[str, None] = field(default_factory=dict)  # the different reasons, in their order

    @classmethod
    def begin(cls, request_id: str) -> "Entry":
        """The entry of the request that the current task answers from now on."""
        entry = cls(request_id)
        _current.set(entry)
        return entry

    def write(self, scope: Scope, status: int, seconds: float) -> None:
        """The line, at the end of the request."""
        if not logger.isEnabledFor(logging.INFO):
            return
        line: dict[str, Any] = {"request_id": self.request_id, "method": method(scope), "route": route(scope)}
        line |= {"status": status, "seconds": round(seconds, 6)}
        if caller := getattr(scope.get("user"), "name", ""):
            line["caller"] = caller  # the name of its key, where there are keys
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


class Accounts:
    """An observer of completions that counts for the request, and passes on what it is told."""

    def __init__(self, observer: CompletionObserver) -> None:
        self._observer = observer
        self.first_token = observer.first_token  # for every token: without a further call
        self.token_gap = observer.token_gap

    def request_started(self, id: str) -> None:
        if entry := _current.get():
            entry.ids.append(id)
        self._observer.request_started(id)

    def finished(self, usage: Usage, timings: Timings, finish: tuple[FinishReason, ...]) -> None:
        if entry := _current.get():
            entry.prompt_tokens += usage.prompt_tokens
            entry.cached_tokens += usage.cached_tokens
            entry.generated_tokens += usage.completion_tokens
            entry.finish |= dict.fromkeys(reason.value for reason in finish)
            if entry.ttft_seconds is None:
                entry.ttft_seconds = timings.ttft_seconds
        self._observer.finished(usage, timings, finish)


def current() -> Entry | None:
    """The entry of the request that is being answered, if it is one of HTTP."""
    return _current.get()


def route(scope: Scope) -> str:
    """As it was declared: a bounded set of values, unlike paths."""
    return getattr(scope.get("route"), "path", _UNKNOWN_ROUTE)


def method(scope: Scope) -> str:
    """One that HTTP knows; a client may send any word."""
    return scope["method"] if scope["method"] in HTTPMethod.__members__ else "OTHER"
