"""Threads for everything that waits for the disk. Tokenizers have others, which a slow disk must not take from them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


class DiskThreads:
    """Calls functions in a few threads, whose names begin with ``name``."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(3, thread_name_prefix=name)

    async def call(self, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """The result of a call that blocks."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, partial(function, *arguments, **named))

    def close(self) -> None:
        """Wait for the calls that have begun."""
        self._pool.shutdown(cancel_futures=True)
