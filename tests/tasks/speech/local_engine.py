"""An engine of this process behind the interface of the engine's client."""

import asyncio
from collections.abc import Iterable
from typing import Any

from service.engine.engine import Engine
from service.engine.protocol.request import Request
from service.engine.token_stream import TokenStream


class LocalEngine:
    """Computes requests while anybody waits for them. ``requests`` are all that were submitted."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.info = engine.info
        self.requests: list[Request] = []
        self._streams: dict[str, TokenStream] = {}
        self._running: asyncio.Task[None] | None = None

    @classmethod
    def client(cls, engine: Engine) -> Any:
        """As an ``EngineClient``, whose other methods are missing."""
        return cls(engine)

    def submit(self, requests: Iterable[Request], stream: TokenStream | None = None) -> TokenStream:
        requests = list(requests)
        stream = stream or TokenStream((), self._abort)
        stream.expect(request.id for request in requests)
        for request in requests:
            self.requests.append(request)
            self._streams[request.id] = stream
            self.engine.add(request)
        if self._running is None or self._running.done():
            self._running = asyncio.get_running_loop().create_task(self._run())
        return stream

    async def _run(self) -> None:
        while self.engine.has_work:
            output = await asyncio.to_thread(self.engine.step)
            for each in output.outputs:
                self._streams[each.request_id].put(each)

    def _abort(self, ids: list[str]) -> None:
        for id in ids:
            self.engine.abort(id)
