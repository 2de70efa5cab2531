"""Windows: parts of a long document that a model can read. Neighbouring windows share some text."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.errors import InvalidOption
from service.tasks.answering.documents.boundaries import boundaries
from service.tasks.answering.query import ContextDocument
from service.tasks.answering.result import AnswerSpan

MIN_WINDOW_TOKENS = 32  # a question that leaves less room for a text is too long
_MAX_WINDOWS_PER_DOCUMENT = 4096  # each of them is compared with the question
_SHARED_PART = 4  # windows share a quarter of their tokens if the client sets no stride
_WORD_SEARCH = 64  # characters that are searched for the nearest beginning of a word


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowLimits:
    """The most tokens of a document in one window, and the most windows that are read for one request."""

    max_tokens: int = 512
    max_windows: int = 32

    def size_and_stride(self, room: int, stride: int | None) -> tuple[int, int]:
        """Tokens of a window for which there is ``room``, and tokens that two windows share.

        Raises InvalidOption ("stride") if the client's stride is not less than the window.
        """
        size = min(self.max_tokens, room)
        if stride is None:
            return size, size // _SHARED_PART
        if stride >= size:
            message = f"stride is {stride}, but must be less than the window of {size} tokens"
            raise InvalidOption(message, param="stride")
        return size, stride


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a document: ``document.text[start:start + len(text)] == text``."""

    document: ContextDocument
    start: int
    text: str

    @property
    def titled_text(self) -> str:
        """The text, below the document's title if it has one."""
        return f"{self.document.title}\n\n{self.text}" if self.document.title else self.text

    def span(self, start: int, end: int, *, score: float) -> AnswerSpan:
        """A part of the window, as a span of its document."""
        return AnswerSpan(
            text=self.text[start:end],
            start=self.start + start,
            end=self.start + end,
            document=self.document.id,
            score=score,
        )

    def contains(self, span: AnswerSpan) -> bool:
        """Whether the whole span is in the window."""
        return span.document == self.document.id and self.start <= span.start <= span.end <= self.start + len(self.text)


def check_window_count(tokens: int, size: int, stride: int) -> None:
    """Raises InvalidOption ("stride") if a document of ``tokens`` tokens would have too many windows."""
    if tokens > _MAX_WINDOWS_PER_DOCUMENT * (size - stride):
        message = f"stride is {stride}: windows of {size} tokens would be more than {_MAX_WINDOWS_PER_DOCUMENT}"
        raise InvalidOption(message, param="stride")


def window_starts(tokens: int, size: int, stride: int) -> range:
    """The first token of each window of a document with ``tokens`` tokens."""
    return range(0, max(tokens - stride, 1), size - stride)


def split_into_windows(
    document: ContextDocument, offsets: Sequence[tuple[int, int]], *, size: int, stride: int
) -> list[Window]:
    """Windows of up to ``size`` tokens, two of which share ``stride``; none if the document is blank.

    ``offsets`` are those of the document's tokens. Windows begin at words, so a window may be a word longer.
    """
    if not document.text.strip():
        return []
    windows = []
    for first in window_starts(len(offsets), size, stride):
        start = _word_start(document.text, offsets[first][0]) if first else 0
        last = first + size
        end = _word_start(document.text, offsets[last][0]) if last < len(offsets) else len(document.text)
        windows.append(Window(document, start, document.text[start:end]))
    return windows


def _word_start(text: str, offset: int) -> int:
    """The nearest beginning of a word at or before ``offset``, or ``offset`` if none is near."""
    origin = max(offset - _WORD_SEARCH, 0)
    starts, _ = boundaries(text[origin : offset + _WORD_SEARCH])
    return max((origin + start for start in starts if origin + start <= offset), default=offset)
