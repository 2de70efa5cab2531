"""Long documents as windows that a model can read, each with some of the one before it."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.errors import InvalidOption
from service.tasks.answering.boundaries import boundaries
from service.tasks.answering.query import Document
from service.tasks.answering.result import Span

LEAST_WINDOW = 32  # tokens: a question that leaves less room for a text is too long
_MOST_WINDOWS = 4096  # of a document, that are compared with the question
_SHARED = 4  # windows share one part in so many, where the client does not say
_NEAR = 64  # characters in which a window looks for the border of a word


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """``window`` is tokens of a document that are read at once, ``windows`` how many of a request are read at all."""

    window: int = 512
    windows: int = 32

    def fit(self, room: int, stride: int | None) -> tuple[int, int]:
        """Size and stride of windows for which there is so much room. Raises InvalidOption ("stride")."""
        size = min(self.window, room)
        if stride is None:
            return size, size // _SHARED
        if stride >= size:
            message = f"stride is {stride}, but must be less than the window of {size} tokens"
            raise InvalidOption(message, param="stride")
        return size, stride


@dataclass(frozen=True, slots=True)
class Window:
    """``document.text[start:start + len(text)] == text``."""

    document: Document
    start: int
    text: str

    @property
    def titled(self) -> str:
        """The text, with the document's title above it if it has one."""
        return f"{self.document.title}\n\n{self.text}" if self.document.title else self.text

    def span(self, start: int, end: int, *, score: float) -> Span:
        """A part of the window as a part of its document."""
        return Span(
            text=self.text[start:end],
            start=self.start + start,
            end=self.start + end,
            document=self.document.id,
            score=score,
        )

    def holds(self, span: Span) -> bool:
        """Whether the whole span stands in it."""
        return span.document == self.document.id and self.start <= span.start <= span.end <= self.start + len(self.text)


def check_number(tokens: int, size: int, stride: int) -> None:
    """Raises InvalidOption ("stride") if a document of so many tokens would be too many windows."""
    if tokens > _MOST_WINDOWS * (size - stride):
        message = f"stride is {stride}: windows of {size} tokens would be more than {_MOST_WINDOWS}"
        raise InvalidOption(message, param="stride")


def split(document: Document, tokens: Sequence[tuple[int, int]], *, size: int, stride: int) -> list[Window]:
    """Windows of up to ``size`` tokens, two of which share ``stride``; none where the document is blank.

    ``tokens`` are the offsets of the document's tokens. Windows begin at words, so they may be a word longer.
    """
    if not document.text.strip():
        return []
    windows = []
    for first in range(0, max(len(tokens) - stride, 1), size - stride):
        start = _border(document.text, tokens[first][0]) if first else 0
        last = first + size
        end = _border(document.text, tokens[last][0]) if last < len(tokens) else len(document.text)
        windows.append(Window(document, start, document.text[start:end]))
    return windows


def _border(text: str, at: int) -> int:
    """The nearest place not after ``at`` where a word begins, if there is one near."""
    begin = max(at - _NEAR, 0)
    starts, _ = boundaries(text[begin : at + _NEAR])
    return max((begin + start for start in starts if start + begin <= at), default=at)
