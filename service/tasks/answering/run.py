"""An answer on its way."""

from collections.abc import AsyncGenerator, AsyncIterator
from types import TracebackType
from typing import Protocol, Self

from service.tasks.answering.result import Answer
from service.tasks.generation.cost import Cost
from service.tasks.generation.usage import Timings, Usage


class Work(Protocol):
    """What an answer is made by: sequences in the engine, or windows in the reader."""

    @property
    def usage(self) -> Usage:
        """So far."""

    @property
    def timings(self) -> Timings:
        """So far."""

    def close(self) -> None:
        """Abort what is unfinished. Idempotent."""


class AnswerRun:
    """An async iterable of pieces of the answer's text and a context manager: leaving it aborts what is unfinished.

    ``steps`` yields the pieces and at last the Answer, whose text they add up to. Nothing of it is done before somebody
    iterates or collects. ``cost`` is what it has at work at once, at most; windows of a reader count as sequences.
    """

    def __init__(self, work: Work, steps: AsyncGenerator[str | Answer, None], *, cost: Cost) -> None:
        self.cost = cost
        self._work = work
        self._steps = steps
        self._answer: Answer | None = None

    async def __aiter__(self) -> AsyncIterator[str]:
        async for piece in self._steps:
            if isinstance(piece, Answer):
                self._answer = piece
            elif piece:
                yield piece

    async def collect(self) -> Answer:
        """The whole answer, also after it was iterated to its end."""
        async for _ in self:
            pass
        assert self._answer is not None
        return self._answer

    def close(self) -> None:
        """Abort what is unfinished. Idempotent."""
        self._work.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def usage(self) -> Usage:
        """So far."""
        return self._work.usage

    @property
    def timings(self) -> Timings:
        """So far."""
        return self._work.timings
