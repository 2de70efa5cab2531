"""The interface of what makes the spans of requests, and the one that makes none."""

from typing import NamedTuple, Protocol

from service.traces.span import Span


class RemoteSpan(NamedTuple):
    """A span of the caller. The ids are hexadecimal, ``state`` is the header ``tracestate``."""

    trace_id: str
    span_id: str
    is_sampled: bool
    state: str


class RequestSpan(Span, Protocol):
    """The span of a whole request. The ids are hexadecimal."""

    @property
    def trace_id(self) -> str: ...

    @property
    def span_id(self) -> str: ...

    def rename(self, name: str) -> None:
        """Give the span another name."""


class Tracing(Protocol):
    """Makes the spans of requests."""

    def begin(self, name: str, parent: RemoteSpan | None = None, *, is_server: bool = True) -> RequestSpan | None:
        """The span of a request that begins now, in the trace of ``parent`` or in a new one. None: traces are off.

        ``is_server`` is false for work that no client waits for.
        """

    def close(self) -> None:
        """Deliver what is left, within a few seconds. Idempotent."""


class NoTracing:
    """Makes no spans."""

    def begin(self, name: str, parent: RemoteSpan | None = None, *, is_server: bool = True) -> RequestSpan | None:
        return None

    def close(self) -> None: ...


NO_TRACING = NoTracing()
