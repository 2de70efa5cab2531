"""The requests that use a model or an adapter."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Leases:
    """Counts the requests that hold a lease, and those that wait for a load. ``last_used`` is in monotonic seconds."""

    def __init__(self) -> None:
        self.last_used = time.monotonic()  # the end of the last lease
        self._held = 0
        self._awaited = 0
        self._unused = asyncio.Event()
        self._unused.set()

    @property
    def is_idle(self) -> bool:
        """Whether no request holds a lease, or waits for one."""
        return not self._held and not self._awaited

    @contextmanager
    def hold(self) -> Iterator[None]:
        """A request holds a lease in this block."""
        self._held += 1
        self._unused.clear()
        try:
            yield
        finally:
            self._held -= 1
            self.last_used = time.monotonic()
            if not self._held:
                self._unused.set()

    @contextmanager
    def awaited(self) -> Iterator[None]:
        """A request waits for a load in this block. A model that was loaded for the request does not give way."""
        self._awaited += 1
        try:
            yield
        finally:
            self._awaited -= 1

    async def wait_until_unused(self) -> None:
        """Return when no request holds a lease."""
        await self._unused.wait()
