"""Work for a client is done only while the client is there.

ASGI tells of a client that has gone away only to those who call ``receive``. While a response is being made nobody
does: starlette listens in ``StreamingResponse`` for some servers only, and never before the first byte. So whatever can
take long runs beside a listener here, for JSON and for streams alike, and is cancelled when the listener returns.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Never, TypeVar

from starlette.types import Receive

T = TypeVar("T")


class ClientGone(Exception):
    """The client has closed the connection; there is nobody to answer."""


async def raise_when_gone(receive: Receive) -> Never:
    """Wait for the client to go away, then raise ClientGone. The request's body must have been read."""
    while (await receive())["type"] != "http.disconnect":
        pass
    raise ClientGone


async def guarded(work: Coroutine[Any, Any, T], *guards: Coroutine[Any, Any, Never]) -> T:
    """The result of ``work``. A guard that raises first cancels the work, and its exception is raised.

    When this returns, all of them have ended. Work that has a result wins over a guard that raised meanwhile.
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
