"""An answer on its way."""

from collections.abc import AsyncGenerator, AsyncIterator
from types import TracebackType
from typing import Self

from service.tasks.answering.result import Answer
from service.tasks.completion import Timings, Usage
from service.tasks.rounds import Rounds


class AnswerRun:
    """An async iterable of pieces of the answer's text and a context manager: leaving it aborts what is unfinished.

    ``work`` yields the pieces and at last the Answer, whose text they add up to. Nothing of it is done before somebody
    iterates or collects. ``sequences`` is how many of them it has in the engine at once, at most.
    """

    def __init__(self, rounds: Rounds, work: AsyncGenerator[str | Answer, None], *, sequences: int) -> None:
        self.sequences = sequences
        self._rounds = rounds
        self._work = work
        self._answer: Answer | None = None

    async def __aiter__(self) -> AsyncIterator[str]:
        async for piece in self._work:
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
        self._rounds.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def usage(self) -> Usage:
        """So far."""
        return self._rounds.usage

    @property
    def timings(self) -> Timings:
        """So far."""
        return self._rounds.timings
