"""A prepared answer, and an answer that is being made."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from service.tasks.answering.result import Answer, AnswerSpan
from service.tasks.generation.cost import Cost
from service.tasks.generation.usage import Timings, Usage

# Pieces of the answer's text, and citations as soon as they are known; then the answer.
AnswerSteps = AsyncGenerator[str | AnswerSpan | Answer, None]


class ModelWork(Protocol):
    """The models' part of an answer: sequences in the engine, or windows in the reader."""

    @property
    def usage(self) -> Usage:
        """The tokens used so far."""

    @property
    def timings(self) -> Timings:
        """The seconds so far."""

    def close(self) -> None:
        """Abort what is unfinished. Idempotent."""


class NoWork:
    """The models' part of an answer that needs no model."""

    usage = Usage(0, 0, 0)
    timings = Timings(0.0, None, 0.0)

    def close(self) -> None:
        """There is nothing to abort."""


class AnswerRun:
    """An async iterable of pieces of the answer's text and of citations. Leaving it aborts what is unfinished.

    ``steps`` yields them and finally the Answer, whose text is the pieces joined and whose spans are the citations. No
    model is asked before the run is iterated or collected.
    """

    def __init__(self, work: ModelWork, steps: AnswerSteps) -> None:
        self._work = work
        self._steps = steps
        self._answer: Answer | None = None

    async def __aiter__(self) -> AsyncIterator[str | AnswerSpan]:
        async for piece in self._steps:
            if isinstance(piece, Answer):
                self._answer = piece
            elif piece:
                yield piece

    async def collect(self) -> Answer:
        """The whole answer. It may be called after the run was iterated to its end."""
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
        """The tokens used so far."""
        return self._work.usage

    @property
    def timings(self) -> Timings:
        """The seconds so far."""
        return self._work.timings


@dataclass(frozen=True, slots=True)
class PreparedAnswer:
    """A question that was validated and tokenized; no model has been asked yet.

    ``cost`` is the most that the answer has in the engine or the reader at once; windows of a reader count as
    sequences. ``begin`` makes the work and the steps of a run.
    """

    cost: Cost
    begin: Callable[[], tuple[ModelWork, AnswerSteps]]

    async def start(self) -> AnswerRun:
        """A run of the answer. It asks the model when it is iterated."""
        return AnswerRun(*self.begin())
