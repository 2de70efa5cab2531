"""The real service over a scripted engine, behind a real socket."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from benchmarks.processes.metric_samples import metric_samples
from service.api.app import create_app
from service.batches.opening import open_batches
from service.documents.opening import open_documents
from service.keys.authenticator import open_authenticator
from service.metrics import Metrics
from service.server.connection import Connection, connection_class
from service.serving.model import ServedModel
from service.serving.registry import Registry
from service.settings import Settings
from service.traces.tracing import NO_TRACING, Tracing
from tests.fakes.engine import ScriptedEngine
from tests.fakes.served_model import RemoteSource, scripted_model

if TYPE_CHECKING:
    from tests.api.encoders import ScriptedEncoders  # it imports transformers


class _Server(uvicorn.Server):
    """A server that stops at once: uvicorn's looks for its end every tenth of a second, and then sleeps as long."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Called by another thread, any number of times."""
        self.should_exit = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: it has stopped
                self._loop.call_soon_threadsafe(self._stopping.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for server in self.servers:
            server.close()
        await self.lifespan.shutdown()


@contextlib.contextmanager
def served(app: ASGIApp, http: type[Connection] = Connection) -> Iterator[tuple[tuple[str, int], Callable[[], None]]]:
    """Serve an application on a real socket. Yields its address and a function that stops it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1, ws="none", http=http)
        server = _Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()

        def stop() -> None:
            server.stop()
            thread.join(20)
            assert not thread.is_alive()

        try:
            yield listener.getsockname(), stop
        finally:
            stop()


@dataclass(frozen=True)
class Scripted:
    """A running service, its engine, and an HTTP client for it."""

    url: str
    address: tuple[str, int]
    http: httpx.Client
    engine: ScriptedEngine
    metrics: Metrics
    app: FastAPI
    stop: Callable[[], None]

    def metric(self, sample: str) -> float:
        """The value of one sample of /metrics, over all models. Its name includes its other labels. Raises KeyError."""
        return metric_samples(self.http.get("/metrics").text)[sample]


@contextlib.contextmanager
def scripted_service(
    engine: ScriptedEngine | None = None,
    *,
    load: str = "start",
    idle_seconds: float = 0,
    encoders: "ScriptedEncoders | None" = None,
    further: Callable[[Settings, Metrics], Iterable[ServedModel]] = lambda settings, metrics: (),
    catalog: Mapping[str, ScriptedEngine] | None = None,
    clock: Callable[[], float] = time.time,
    tracing: Tracing = NO_TRACING,
    **settings: Any,
) -> Iterator[Scripted]:
    """The service over a scripted engine, ready unless ``engine.may_load`` is not set, or ``load`` is "demand".

    ``encoders`` and ``further`` models are served beside the engine's model. ``catalog`` has engines of models that are
    not on this disk, by name: with ``runtime_fetch`` they can be added. ``clock`` is that of files, batches and
    documents.
    """
    engine = engine or ScriptedEngine()
    engine.status = "loading"
    metrics = Metrics()
    configured = Settings(**settings)
    name = configured.served_model_name or "org/tiny"
    models = [scripted_model(engine, configured, metrics, name=name, load=load, idle_seconds=idle_seconds)]
    if encoders is not None:
        models += encoders.models(configured, metrics)
    models += further(configured, metrics)

    def add_model(name: str) -> ServedModel | None:
        if (added := (catalog or {}).get(name)) is None:
            return None
        return scripted_model(added, configured, metrics, name=name, load="demand", source=RemoteSource)

    registry = Registry(
        models, load_timeout=configured.load_timeout, may_fetch=configured.runtime_fetch, add_model=add_model
    )
    authenticator = open_authenticator(configured.keys_file)
    batches = open_batches(configured, metrics.batches, clock)
    documents = open_documents(configured, metrics.documents, clock)
    app = create_app(
        configured,
        registry,
        metrics,
        authenticator=authenticator,
        batches=batches,
        documents=documents,
        tracing=tracing,
    )
    connection = connection_class(header_timeout=configured.header_timeout, send_timeout=configured.send_timeout)
    with served(app, connection) as (address, stop):
        try:
            if load == "start" and engine.may_load.is_set():
                assert engine.loaded.wait(20)
            if encoders is not None:
                assert all(encoder.loaded.wait(20) for encoder in encoders.by_name.values())
            url = f"http://127.0.0.1:{address[1]}"
            with httpx.Client(base_url=url, timeout=20, verify=False) as http:  # certificates take 20 ms to read
                yield Scripted(url, address, http, engine, metrics, app, stop)
        finally:
            engine.may_load.set()
