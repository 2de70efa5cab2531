"""Serves models: each in a child process, the application in this process, uvicorn in front.

SIGTERM, SIGINT and SIGHUP stop the service with exit code 0, whether it is importing, fetching a model, loading or
serving; open requests then have ``shutdown_timeout`` seconds. A second signal other than SIGHUP stops it at once.
"""

import gc
import logging
import socket
import sys

import uvicorn
from fastapi import FastAPI

from service import logs
from service.api.app import create_app
from service.batches.opening import open_batches
from service.documents.opening import open_documents
from service.errors import ProcessError
from service.keys.authenticator import KeyAuthenticator
from service.metrics import Metrics
from service.processes.child_process import ChildProcess
from service.server import listening, signals
from service.server.address_file import AddressFile
from service.server.connection import connection_class
from service.server.draining import DrainingServer
from service.server.models import make_registry
from service.server.startup_report import StartupWatch, model_facts, report
from service.settings import Settings
from service.store import open_store
from service.tasks.translation import Detector
from service.traces.opening import open_tracing
from service.traces.tracing import NO_TRACING, Tracing

logger = logging.getLogger(__name__)

# New objects until the youngest are collected. Requests leave few cycles, and Python's 700 are the objects of one.
_GC_OBJECTS = 20_000


def serve(
    settings: Settings, sockets: list[socket.socket], process: ChildProcess, authenticator: KeyAuthenticator | None
) -> None:
    """Serve on these bound sockets until a signal comes.

    Raises ModelStoreError, StorageError, ListenError, or ProcessError if no model can be loaded.
    """
    logs.configure(settings.log_level, settings.log_json, settings.log_prompts)
    if settings.log_prompts:
        logger.warning("LOG_PROMPTS IS ON: request and response bodies are written to this log")
    signals.on_stop(lambda *_: sys.exit(0))
    tracing = open_tracing()
    app = make_app(settings, process, authenticator, tracing)
    registry = app.state.trivium.registry

    def on_ready() -> None:
        report(map(model_facts, registry.models.values()), as_json=settings.log_json)

    config = _uvicorn_config(app, settings)
    server = DrainingServer(config, app.state.trivium.admissions, delay=settings.shutdown_delay)
    startup = StartupWatch(server, registry, on_ready)
    config.callback_notify = startup.check
    gc.collect()
    gc.set_threshold(_GC_OBJECTS, 20, 20)
    gc.freeze()  # keep start-up objects out of later collections, which would delay every request
    signals.on_stop(server.handle_exit)  # uvicorn installs it later, and raises the signals again after it has stopped
    listening.listen(sockets)
    with AddressFile(listening.local_url(sockets[0])):
        try:
            server.run(sockets)
        except SystemExit:
            sys.exit(1)  # uvicorn has logged the reason; it uses other exit codes
        finally:
            tracing.close()
    if startup.failure:
        raise ProcessError(startup.failure)


def make_app(
    settings: Settings,
    process: ChildProcess,
    authenticator: KeyAuthenticator | None,
    tracing: Tracing = NO_TRACING,
) -> FastAPI:
    """The application of these settings. Raises ModelStoreError, StorageError, ProcessError."""
    metrics, detector = Metrics(settings.metrics_compat), Detector()
    return create_app(
        settings,
        make_registry(settings, open_store(settings), metrics, detector, process),
        metrics,
        detector=detector,
        authenticator=authenticator,
        batches=open_batches(settings, metrics.batches),
        documents=open_documents(settings, metrics.documents),
        tracing=tracing,
    )


def _uvicorn_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=connection_class(header_timeout=settings.header_timeout, send_timeout=settings.send_timeout),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,  # it would contain query strings; the service has its own access log
        server_header=False,
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=settings.shutdown_timeout,
        timeout_notify=0,  # call the startup watch as often as possible, which is once a second
    )
