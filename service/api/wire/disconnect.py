"""Disconnects: the work for a client stops when the client disconnects.

ASGI reports a disconnect only to code that calls ``receive``. While a response is being computed, nothing calls it:
starlette listens in ``StreamingResponse``, only on some servers, and never before the first byte. So every route runs
its long work together with a guard from this module, for JSON and for streams alike. If the guard raises first, the
work is cancelled.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Never, TypeVar

from starlette.types import Receive

T = TypeVar("T")

# ASGI extension of the server's connections: a function that ends the connection at once.
CUT_EXTENSION = "trivium.cut"


class ClientDisconnected(Exception):
    """The client has closed the connection, so an answer would not be read."""


async def raise_on_disconnect(receive: Receive) -> Never:
    """Wait until the client disconnects, then raise ClientDisconnected. The request's body must have been read."""
    while (await receive())["type"] != "http.disconnect":
        pass
    raise ClientDisconnected


async def run_guarded(work: Coroutine[Any, Any, T], *guards: Coroutine[Any, Any, Never]) -> T:
    """The result of ``work``. A guard that raises first cancels the work, and its exception is raised.

    All coroutines have ended when this returns. If the work has a result when a guard raises, the result is returned.
    """
    task = asyncio.ensure_future(work)
    watchers = [asyncio.ensure_future(guard) for guard in guards]
    try:
        await asyncio.wait([task, *watchers], return_when=asyncio.FIRST_COMPLETED)
        for watcher in watchers:
            if watcher.done() and not task.done():
                await watcher
        return await task
    finally:
        for each in (task, *watchers):
            each.cancel()
        await asyncio.gather(task, *watchers, return_exceptions=True)
