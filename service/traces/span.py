"""Spans: parts of the time of a request. Without a request that is traced, nothing here does anything.

Code opens a span around what it does (``traced``), or tells of a part whose times it has measured anyway (``record``).
All times are seconds of ``time.monotonic``. Attributes are numbers and words of the service, never a client's text.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

Attributes = Mapping[str, str | bool | int | float | Sequence[str]]


class Span(Protocol):
    """A part of a request's time that has begun."""

    @property
    def is_recorded(self) -> bool:
        """Whether somebody will see the span. If not, its attributes need not be made."""

    def begin(self, name: str, attributes: Attributes | None = None, *, at: float | None = None) -> "Span":
        """A part of this span, which begins now or began ``at`` this time."""

    def add(self, attributes: Attributes) -> None:
        """Add attributes, or replace them."""

    def end(self, *, at: float | None = None, error: str = "", is_fault: bool = False) -> None:
        """End the span. ``error`` is the kind of its failure, and ``is_fault`` whether the service is to blame."""


class NoSpan:
    """A span that nobody will see. Its parts are itself."""

    is_recorded = False

    def begin(self, name: str, attributes: Attributes | None = None, *, at: float | None = None) -> "NoSpan":
        return self

    def add(self, attributes: Attributes) -> None: ...

    def end(self, *, at: float | None = None, error: str = "", is_fault: bool = False) -> None: ...


NO_SPAN = NoSpan()

_current: ContextVar[Span] = ContextVar("span", default=NO_SPAN)


def current_span() -> Span:
    """The innermost span that is open in this context."""
    return _current.get()


def enter_span(span: Span) -> None:
    """Make this span the current one, for the rest of the context: that of one request."""
    _current.set(span)


@contextmanager
def traced(name: str, attributes: Attributes | None = None) -> Iterator[Span]:
    """A part of the current span, which is the current one until the block ends. The block must not ``yield``."""
    outer = _current.get()
    if not outer.is_recorded:
        yield outer
        return
    inner = outer.begin(name, attributes)
    token = _current.set(inner)
    error = ""
    try:
        yield inner
    except BaseException as raised:
        error = type(raised).__name__  # and not its message, which may quote a client
        raise
    finally:
        _current.reset(token)
        inner.end(error=error)


def record(outer: Span, name: str, begin: float, end: float, attributes: Attributes | None = None) -> None:
    """A part of ``outer`` that has ended."""
    outer.begin(name, attributes, at=begin).end(at=max(begin, end))
