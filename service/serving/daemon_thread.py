"""Slow calls in threads that do not delay the end of the service."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_daemon_thread(function: Callable[..., T], *arguments: object) -> T:
    """The result of a call in a thread of its own.

    ``asyncio.to_thread`` has threads that a stopping process waits for, which may take as long as a download.
    """
    loop, context = asyncio.get_running_loop(), contextvars.copy_context()
    done: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            result = context.run(function, *arguments)
        except BaseException as error:  # every error goes to the caller
            _call_soon(loop, done, done.set_exception, error)
        else:
            _call_soon(loop, done, done.set_result, result)

    threading.Thread(target=run, daemon=True, name=getattr(function, "__name__", "call")).start()
    return await done


def _call_soon(
    loop: asyncio.AbstractEventLoop, done: "asyncio.Future[T]", finish: Callable[..., None], value: object
) -> None:
    def deliver() -> None:
        if not done.done():  # else the caller was cancelled
            finish(value)

    if not loop.is_closed():
        loop.call_soon_threadsafe(deliver)
