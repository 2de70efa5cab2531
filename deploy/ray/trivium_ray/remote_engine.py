"""The engines of the cluster in the place of an engine client."""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import contextmanager
from typing import Any

import msgspec
from ray.exceptions import RayError, RayTaskError
from ray.serve.handle import DeploymentHandle

from service.engine.in_flight_request import InFlightRequest
from service.engine.protocol.engine_info import EngineInfo
from service.engine.protocol.outputs import TokenOutput
from service.engine.protocol.request import Request
from service.engine.token_stream import TokenStream
from service.errors import EngineError, PoisonPill, ProcessUnavailable, UnknownAdapter, UnsupportedAdapter
from service.routing.prefix_blocks import prefix_blocks
from trivium_ray.session import session_of_request

logger = logging.getLogger(__name__)

_MOST_REPLICAS = 3  # that a request may lose: it may be what kills them
_decode_info = msgspec.msgpack.Decoder(EngineInfo).decode
_decode_outputs = msgspec.msgpack.Decoder(list[TokenOutput]).decode
_encode = msgspec.msgpack.Encoder().encode


class RemoteEngine:
    """Sends each request to a replica that Ray's router chooses. It has the interface of ``EngineClient``.

    A request whose replica dies is sent to another one with the tokens that were delivered already: no token is lost,
    repeated or changed, as when an engine process restarts.
    """

    def __init__(self, replicas: DeploymentHandle) -> None:
        self._replicas = replicas
        self._info: EngineInfo | None = None
        self._running: dict[str, asyncio.Task[None]] = {}  # by the request's id
        self.status = "loading"
        self.reason = ""
        self.pid: int | None = None
        self.exits = 0  # of replicas, as requests notice them
        self.adapters: dict[str, Any] = {}

    @property
    def info(self) -> EngineInfo:
        """The facts that a replica reported. Raises ProcessUnavailable until one is ready for the first time."""
        if self._info is None:
            raise self._unavailable()
        return self._info

    async def start(self) -> None:
        """Return when a replica is ready."""
        self._info = _decode_info(await self._replicas.info.remote())
        self.status = "ready"

    async def close(self) -> None:
        """Drop all requests. Idempotent."""
        self.status = "stopping"
        self.abort(list(self._running))

    def require_ready(self) -> None:
        """Raises ProcessUnavailable unless requests are taken."""
        if self.status != "ready":
            raise self._unavailable()

    def submit(self, requests: Iterable[Request], stream: TokenStream | None = None) -> TokenStream:
        """Send requests; their outputs come in a new stream, or in ``stream``. Raises ProcessUnavailable."""
        self.require_ready()
        requests = list(requests)
        stream = stream or TokenStream((), self.abort)
        stream.expect(request.id for request in requests)
        session = session_of_request()
        for request in requests:
            item = InFlightRequest(request, stream)
            self._running[request.id] = asyncio.create_task(self._run(item, session))
        return stream

    def abort(self, ids: Iterable[str]) -> None:
        """Drop these requests, unless they are finished. Never waits."""
        for id in ids:
            if task := self._running.pop(id, None):
                task.cancel()

    @contextmanager
    def observed(self, on_step: Any) -> Any:
        """There are no statistics of steps here: each replica has its own."""
        yield

    async def snapshot(self) -> Any:
        """Raises ProcessUnavailable: there is no scheduler here, so the live view has no sequences."""
        raise ProcessUnavailable(self.status, "the engines of a Ray cluster have no live view")

    async def load_adapter(self, name: str, path: str) -> Any:
        """Raises UnsupportedAdapter."""
        raise UnsupportedAdapter("adapters cannot be loaded while engines run in a Ray cluster")

    async def unload_adapter(self, name: str) -> None:
        """Raises UnknownAdapter."""
        raise UnknownAdapter(name)

    async def _run(self, item: InFlightRequest, session: str) -> None:
        """Run the request to its end, in another replica whenever one is lost. Whatever happens, it has an end."""
        try:
            for _ in range(_MOST_REPLICAS):
                try:
                    if await self._has_finished(item, session):
                        return
                except RayError as error:
                    logger.warning("a replica is lost (%s); its request goes on in another one", type(error).__name__)
                    self.exits += not isinstance(error, RayTaskError)  # which a living replica has raised
            item.fail(PoisonPill())
        except Exception as error:
            logger.warning("a request cannot be sent to a replica (%s)", type(error).__name__)
            item.fail(EngineError("the request could not be sent to an engine"))
        finally:
            self._running.pop(item.request.id, None)

    async def _has_finished(self, item: InFlightRequest, session: str) -> bool:
        """Deliver the outputs of one replica, and return whether the last one is among them.

        Raises RayError if the replica is lost, stops, or fails.
        """
        request = item.unfinished
        generate = self._replicas.generate.options(stream=True, session_id=session)
        is_first = True
        async for frame in generate.remote(_encode(request), prefix_blocks(request)):
            for output in _decode_outputs(frame):
                item.deliver(item.without_repetitions(output) if is_first else output)
                is_first = False
                if output.finish is not None:
                    return True  # what happens to the replica now is nothing to the request
        return False

    def _unavailable(self) -> ProcessUnavailable:
        return ProcessUnavailable(self.status, f"the engines are {self.status}")
