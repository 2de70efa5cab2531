"""Serves a model: the engine in a child process, the application in this process, uvicorn in front.

SIGTERM and SIGINT stop the service with exit code 0, whether it is importing, fetching a model, loading or serving;
open requests then have ``shutdown_timeout`` seconds. A second signal stops it at once.
"""

import gc
import logging
import sys

import uvicorn
from fastapi import FastAPI

from model_store.types import LocalModel
from service import logs
from service.api.app import create_app
from service.encoder.client import EncoderClient
from service.encoder.messages import Head
from service.engine.client import EngineClient
from service.errors import ProcessError
from service.keys.authenticator import KeyAuthenticator
from service.metrics import Metrics
from service.processes.child_process import ChildProcess
from service.processes.restart_policy import RestartPolicy
from service.server import signals
from service.server.connection import connection_class
from service.server.draining import DrainingServer
from service.server.startup_report import StartupWatch, engine_facts, reader_facts, report
from service.settings import Settings
from service.store import open_store
from service.tasks.answering.reading.pair_tokenizer import PairTokenizer
from service.tasks.answering.reading.reader import Reader
from service.tasks.text.tokenizer import Tokenizer

logger = logging.getLogger(__name__)


def serve(settings: Settings, process: ChildProcess, authenticator: KeyAuthenticator | None) -> None:
    """Serve until a signal comes. Raises ModelStoreError, or ProcessError if the engine or the reader cannot start."""
    logs.configure(settings.log_level, settings.log_json, settings.log_prompts)
    if settings.log_prompts:
        logger.warning("LOG_PROMPTS IS ON: request and response bodies are written to this log")
    signals.on_stop(lambda *_: sys.exit(0))
    store = open_store(settings)
    model = store.ensure(settings.model_specs()[0].source)
    reader_model = store.ensure(settings.model_specs()[-1].source) if settings.reader else None
    tokenizer = Tokenizer.load(model.path)
    metrics = Metrics()
    engine_metrics = metrics.for_model(settings.served_model_name or model.name).engine
    restart_policy = RestartPolicy(settings.stall_seconds, settings.max_restarts)
    engine = EngineClient(
        settings.engine_config(model),
        on_step=engine_metrics.observe_step,
        process=process,
        restart_policy=restart_policy,
        observer=engine_metrics,
    )
    reader = None if reader_model is None else _reader(settings, reader_model, metrics, restart_policy)
    app = create_app(settings, model, engine, tokenizer, metrics, reader, authenticator=authenticator)

    def on_ready() -> None:
        facts = engine_facts(model, engine.info)
        if reader is not None and reader_model is not None:
            facts |= reader_facts(reader_model, reader.client.info)
        report(facts, as_json=settings.log_json)

    config = _uvicorn_config(app, settings)
    server = DrainingServer(config, app.state.trivium.admission, delay=settings.shutdown_delay)
    startup = StartupWatch(server, {"engine": engine} | ({"reader": reader.client} if reader else {}), on_ready)
    config.callback_notify = startup.check
    gc.collect()
    gc.freeze()  # keep start-up objects out of later collections, which would delay every request
    signals.on_stop(lambda *_: None)  # uvicorn has its own handlers, and raises the signal again after it has stopped
    try:
        server.run()
    except SystemExit:
        sys.exit(1)  # uvicorn has logged the reason; it uses other exit codes
    if startup.failure:
        raise ProcessError(startup.failure)


def _reader(settings: Settings, model: LocalModel, metrics: Metrics, restart_policy: RestartPolicy) -> Reader:
    config = settings.encoder_config(model, Head.SPAN)
    observer = metrics.for_model(settings.reader).encoder
    client = EncoderClient(config, restart_policy, name="reader", on_batch=observer.observe_batch, observer=observer)
    return Reader(client, PairTokenizer.load(model.path), calibration=model.no_answer)


def _uvicorn_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=connection_class(header_timeout=settings.header_timeout, send_timeout=settings.send_timeout),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,  # it would contain query strings; the service has its own access log
        server_header=False,
        timeout_graceful_shutdown=settings.shutdown_timeout,
        timeout_notify=0,  # call the startup watch as often as possible, which is once a second
    )
