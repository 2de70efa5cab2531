"""Long documents as windows that a model can read, each with some of the one before it."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.tasks.answering.boundaries import boundaries
from service.tasks.answering.query import Document

_NEAR = 64  # characters in which a window looks for the border of a word


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
