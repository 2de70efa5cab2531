"""The interfaces between a route and its call: the work that a task has prepared, and the writer of its answer."""

from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Protocol, Self, TypeVar

from service.api.limits.deadline import Timed
from service.api.limits.token_rate import Metered
from service.api.wire.response_model import JsonBody
from service.tasks.generation.cost import Cost
from service.tasks.generation.usage import Timings


class RunningWork(Timed, Metered, Protocol):
    """Work in progress. It is a context manager; leaving it aborts what is unfinished."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None: ...


Work = TypeVar("Work", bound=RunningWork)
WrittenWork = TypeVar("WrittenWork", bound=RunningWork, contravariant=True)
StartedWork = TypeVar("StartedWork", bound=RunningWork, covariant=True)


class NotStarted:
    """Work that waits for its model. Its timings are those of the ``work`` once there is work."""

    def __init__(self) -> None:
        self.work: Timed | None = None

    @property
    def timings(self) -> Timings:
        """The timings until now."""
        return Timings(0.0, None, 0.0) if self.work is None else self.work.timings


class PreparedWork(Protocol[StartedWork]):
    """Work that is tokenized and checked, but not in the engine yet."""

    @property
    def cost(self) -> Cost:
        """The most that the work needs at once."""

    async def start(self) -> StartedWork:
        """Queue the work in the engine. Raises ProcessUnavailable or RequestTooLarge."""


class IgnoringWork(Protocol):
    """Prepared work that does not obey all of the request."""

    @property
    def ignored(self) -> tuple[str, ...]:
        """The paths of the fields that it ignores."""


Noted = TypeVar("Noted", bound=IgnoringWork)


class Writer(Protocol[WrittenWork]):
    """Writes the answer of one route."""

    async def body(self, work: WrittenWork) -> JsonBody:
        """The whole answer."""


class StreamWriter(Writer[WrittenWork], Protocol[WrittenWork]):
    """Writes the answer of a route that can stream."""

    def events(self, work: WrittenWork) -> AsyncGenerator[bytes, None]:
        """The answer as server-sent events, without the last one."""
