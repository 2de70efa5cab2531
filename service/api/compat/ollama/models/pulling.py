"""The work of ``POST /api/pull``: fetch a model and load it, and tell how far that is."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import ExitStack
from typing import Never

from model_store.errors import ModelStoreError
from model_store.transfer.progress import listening
from service.api.auth.route_scopes import check_scopes
from service.api.call import Call
from service.api.compat.ollama.lines import LINES
from service.api.compat.ollama.models.response import SUCCESS, StatusResponse
from service.api.compat.ollama.names import served_name
from service.api.errors import RETRY_AFTER, ApiError
from service.api.responses.event_stream import EventStream
from service.errors import ModelNotServed, ProcessError
from service.keys.key import Scope


def is_here(call: Call, name: str) -> bool:
    """Whether the model is served, and its files are on this disk."""
    try:
        return call.model(served_name(name, call.state.registry)).base.local is not None
    except ModelNotServed:
        return False


def check_pull(call: Call) -> None:
    """Raises ApiError unless the caller may add models, and models may be fetched while the service runs."""
    check_scopes(call.caller, {Scope.ADMIN})
    if not call.state.settings.runtime_fetch:
        message = "it is not on this disk, and without the setting runtime_fetch nothing is fetched"
        raise ApiError(404, message, param="model", code="model_not_found")


async def pull(call: Call, name: str) -> None:
    """Fetch and load the model. Raises ApiError or ModelNotServed. A client that leaves does not end the load."""
    try:
        await call.state.registry.load(served_name(name, call.state.registry))
    except (ProcessError, ModelStoreError) as error:
        raise ApiError(503, f"The model cannot be loaded: {error}", code="load_failed", headers=RETRY_AFTER) from error


def pull_stream(call: Call, name: str) -> EventStream:
    """The same, answered with lines. An error is the last line."""
    return EventStream(
        _lines(call, name),
        owned=ExitStack(),
        watch_deadline=_no_deadline,
        heartbeat=call.state.settings.heartbeat_seconds,
        patience=call.state.settings.send_timeout,
        headers=call.headers,
        form=LINES,
    )


async def _lines(call: Call, name: str) -> AsyncGenerator[bytes, None]:
    progress = _Progress()
    with listening(progress.note):
        pulling = asyncio.create_task(pull(call, name))
    try:
        yield LINES.event(StatusResponse("pulling manifest"))
        while not pulling.done():
            changed = asyncio.create_task(progress.changed.wait())
            await asyncio.wait([pulling, changed], return_when=asyncio.FIRST_COMPLETED)
            changed.cancel()
            if progress.changed.is_set():
                yield LINES.event(progress.take())
        await pulling
        yield LINES.event(SUCCESS)
    finally:
        pulling.cancel()


class _Progress:
    """The last state of a download. Its thread notes it, and the stream takes it: states between are left out."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._last = StatusResponse("")

    def note(self, title: str, total: int | None, done: int) -> None:
        """Note how many bytes of the file are here. Called in the thread of the download."""
        self._last = StatusResponse(f"pulling {title}", total or done, done)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.changed.set)

    def take(self) -> StatusResponse:
        """The last state."""
        self.changed.clear()
        return self._last


async def _no_deadline() -> Never:
    await asyncio.get_running_loop().create_future()
    raise AssertionError
