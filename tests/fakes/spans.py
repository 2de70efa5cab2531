"""A span that keeps what is told of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from service.traces.span import Attributes, current_span, enter_span


class RecordedSpan:
    """Implements ``Span``. ``parts`` are in the order in which they were told."""

    is_recorded = True

    def __init__(self, name: str = "", attributes: Attributes | None = None, at: float | None = None) -> None:
        self.name = name
        self.attributes = dict(attributes or {})
        self.parts: list[RecordedSpan] = []
        self.begun_at = at
        self.ended_at: float | None = None
        self.error = ""
        self.is_ended = False

    def begin(self, name: str, attributes: Attributes | None = None, *, at: float | None = None) -> "RecordedSpan":
        self.parts.append(RecordedSpan(name, attributes, at))
        return self.parts[-1]

    def add(self, attributes: Attributes) -> None:
        self.attributes |= attributes

    def end(self, *, at: float | None = None, error: str = "", is_fault: bool = False) -> None:
        assert not self.is_ended
        self.ended_at, self.error, self.is_ended = at, error, True

    @property
    def names(self) -> list[str]:
        """The names of the parts."""
        return [part.name for part in self.parts]


@contextmanager
def recorded_span() -> Iterator[RecordedSpan]:
    """The current span until the block ends."""
    outer, span = current_span(), RecordedSpan()
    enter_span(span)
    yield span
    enter_span(outer)
