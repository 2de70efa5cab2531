"""The outputs of one submission, on their way from the engine's messages to whoever awaits them."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from types import TracebackType
from typing import Self

from service.engine.protocol.outputs import TokenOutput
from service.errors import ProcessUnavailable


class TokenStream:
    """The outputs of some requests, in order of arrival, until every one of them has finished.

    Use it as a context manager: leaving the block aborts whatever is unfinished, at once and without awaiting, so it is
    right in a cancelled task too. Only one task may iterate.
    """

    def __init__(self, request_ids: Iterable[str], abort: Callable[[list[str]], None]) -> None:
        self._unfinished = dict.fromkeys(request_ids)
        self._abort = abort
        self._outputs: deque[TokenOutput] = deque()
        self._news = asyncio.Event()
        self._failure: ProcessUnavailable | None = None

    async def __aiter__(self) -> AsyncIterator[TokenOutput]:
        """Raises ProcessUnavailable when the engine dies, after everything that came before."""
        while True:
            while self._outputs:
                yield self._outputs.popleft()
            if not self._unfinished:
                return
            if self._failure is not None:
                raise self._failure
            self._news.clear()
            await self._news.wait()

    def expect(self, request_ids: Iterable[str]) -> None:
        """The client's side: these requests belong to it too."""
        self._unfinished.update(dict.fromkeys(request_ids))

    @property
    def has_more(self) -> bool:
        """Whether the next output is here already."""
        return bool(self._outputs)

    def abort(self, request_id: str) -> None:
        """Give up one request: nothing more of it will come. Idempotent."""
        if request_id in self._unfinished:
            self._drop([request_id])

    def close(self) -> None:
        """Give up what is unfinished. Idempotent."""
        if self._unfinished:
            self._drop(list(self._unfinished))
        self._outputs.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def put(self, output: TokenOutput) -> None:
        """The client's side: hand over an output, unless its request was given up."""
        if output.request_id not in self._unfinished:
            return
        self._outputs.append(output)
        if output.finish is not None:
            del self._unfinished[output.request_id]
        self._news.set()

    def fail(self, failure: ProcessUnavailable) -> None:
        """The client's side: nothing more will come."""
        self._failure = failure
        self._news.set()

    def _drop(self, request_ids: list[str]) -> None:
        for request_id in request_ids:
            del self._unfinished[request_id]
        self._outputs = deque(output for output in self._outputs if output.request_id in self._unfinished)
        self._abort(request_ids)
        self._news.set()
