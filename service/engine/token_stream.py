"""The outputs of one submission, on their way from the engine client to the task that reads them."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from types import TracebackType
from typing import Self

from service.engine.protocol.outputs import TokenOutput
from service.errors import ProcessError


class TokenStream:
    """The outputs of some requests, in order of arrival, until every one of the requests has finished.

    Use it as a context manager: leaving the block aborts what is unfinished, at once and without awaiting, so it works
    in a cancelled task too. Only one task may iterate.
    """

    def __init__(self, request_ids: Iterable[str], abort: Callable[[list[str]], None]) -> None:
        """``abort`` gets the ids of requests that are given up."""
        self._unfinished = dict.fromkeys(request_ids)
        self._abort = abort
        self._outputs: deque[TokenOutput] = deque()
        self._changed = asyncio.Event()
        self._error: ProcessError | None = None

    async def __aiter__(self) -> AsyncIterator[TokenOutput]:
        """Yield the outputs. Raises ProcessUnavailable after the last one, if the engine ended before the requests."""
        while True:
            while self._outputs:
                yield self._outputs.popleft()
            if not self._unfinished:
                return
            if self._error is not None:
                raise self._error
            self._changed.clear()
            await self._changed.wait()

    def expect(self, request_ids: Iterable[str]) -> None:
        """Called by the engine client: these requests belong to the stream too."""
        self._unfinished.update(dict.fromkeys(request_ids))

    @property
    def has_more(self) -> bool:
        """Whether the next output has arrived already."""
        return bool(self._outputs)

    def abort(self, request_id: str) -> None:
        """Give up one request: the stream holds no more outputs of it. Idempotent."""
        if request_id in self._unfinished:
            self._drop([request_id])

    def close(self) -> None:
        """Give up all unfinished requests. Idempotent."""
        if self._unfinished:
            self._drop(list(self._unfinished))
        self._outputs.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def put(self, output: TokenOutput) -> None:
        """Called by the engine client: add an output, unless its request was given up."""
        if output.request_id not in self._unfinished:
            return
        self._outputs.append(output)
        if output.finish is not None:
            del self._unfinished[output.request_id]
        self._changed.set()

    def fail(self, error: ProcessError) -> None:
        """Called by the engine client: no more outputs will come. The error is raised after the last output."""
        self._error = error
        self._changed.set()

    def _drop(self, request_ids: list[str]) -> None:
        for request_id in request_ids:
            del self._unfinished[request_id]
        self._outputs = deque(output for output in self._outputs if output.request_id not in request_ids)
        self._abort(request_ids)
        self._changed.set()
