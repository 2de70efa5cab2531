"""``trivium serve``: the model on this disk, the engine beside this process, uvicorn in front.

SIGTERM and SIGINT end it with exit code 0, whether it is importing, fetching a model, loading or serving; requests that
are open then get ``shutdown_timeout`` seconds. A second signal ends it at once.
"""

import dataclasses
import gc
import logging
import sys

import uvicorn
from rich.console import Console
from rich.table import Table

from model_store.store import Store
from model_store.transfer.network import Network
from model_store.types import LocalModel
from service import logs
from service.api.app import create_app
from service.engine.client import EngineClient
from service.engine.protocol.types import EngineInfo
from service.errors import ProcessError
from service.keys.authenticator import KeyAuthenticator
from service.metrics import Metrics
from service.processes.child_process import ChildProcess
from service.processes.supervisor import RestartPolicy
from service.reader.client import ReaderClient
from service.reader.messages import ReaderInfo
from service.server import signals
from service.server.connection import connections
from service.server.draining import DrainingServer
from service.settings import Settings
from service.tasks.answering import Reader
from service.tasks.answering.reading.pair_tokenizer import PairTokenizer
from service.tasks.text.tokenizer import Tokenizer

logger = logging.getLogger(__name__)


def serve(settings: Settings, process: ChildProcess, authenticator: KeyAuthenticator | None) -> None:
    """Serve until a signal comes. Raises ModelStoreError, or ProcessError if the engine cannot start."""
    logs.configure(settings.log_level, settings.log_json, settings.log_prompts)
    if settings.log_prompts:
        logger.warning("LOG_PROMPTS IS ON: what clients send and what they get is written to this log")
    signals.on_end(lambda *_: sys.exit(0))
    store = open_store(settings)
    model = store.ensure(settings.model)
    reading = store.ensure(settings.reader) if settings.reader else None
    tokenizer = Tokenizer.load(model.path)
    metrics = Metrics()
    restart_policy = RestartPolicy(settings.stall_seconds, settings.max_restarts)
    client = EngineClient(
        settings.engine_config(model),
        on_step=metrics.observe_step,
        process=process,
        restart_policy=restart_policy,
        observer=metrics,
    )
    reader = None if reading is None else _reader(settings, reading, metrics, restart_policy)
    app = create_app(settings, model, client, tokenizer, metrics, reader, authenticator=authenticator)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=connections(header_timeout=settings.header_timeout, send_timeout=settings.send_timeout),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,  # it would hold query strings; ours is in api/access
        server_header=False,
        timeout_graceful_shutdown=settings.shutdown_timeout,
        timeout_notify=0,  # as often as it can, which is every second
    )
    server = DrainingServer(config, app.state.trivium.admission, delay=settings.shutdown_delay)
    startup = _Startup(server, model, client, reading, None if reader is None else reader.client, settings.log_json)
    config.callback_notify = startup.watch
    gc.collect()
    gc.freeze()  # what is there now stays: looking through it again and again would make everybody wait
    signals.on_end(lambda *_: None)  # uvicorn listens itself, and raises the signal again when it has stopped
    try:
        server.run()
    except SystemExit:
        sys.exit(1)  # uvicorn has said why, and has numbers of its own
    if startup.failed:
        raise ProcessError(startup.failed)


def _reader(settings: Settings, model: LocalModel, metrics: Metrics, restart_policy: RestartPolicy) -> Reader:
    config = settings.reader_config(model)
    client = ReaderClient(config, on_batch=metrics.observe_batch, restart_policy=restart_policy, observer=metrics)
    return Reader(client, PairTokenizer.load(model.path), calibration=model.no_answer)


def open_store(settings: Settings) -> Store:
    """The store of models that the settings name."""
    network = Network.from_environment()
    network = dataclasses.replace(network, offline=settings.offline, index=settings.pypi_index or network.index)
    return Store(settings.model_dir.expanduser() if settings.model_dir else None, network=network)


class _Startup:
    """Tells once when engine and reader can be used, and ends a service of which one of them cannot start."""

    def __init__(
        self,
        server: uvicorn.Server,
        model: LocalModel,
        client: EngineClient,
        reading: LocalModel | None,
        reader: ReaderClient | None,
        as_json: bool,
    ) -> None:
        self.failed = ""  # why
        self._server = server
        self._model = model
        self._client = client
        self._reading = reading
        self._reader = reader
        self._as_json = as_json
        self._pending = True

    async def watch(self) -> None:
        """Is called again and again by the server while it runs."""
        if not self._pending:
            return
        clients: dict[str, EngineClient | ReaderClient] = {"engine": self._client}
        if self._reader is not None:
            clients["reader"] = self._reader
        for name, client in clients.items():
            if client.status == "dead":
                self.failed = f"the {name} cannot start: {client.reason}"
                self._server.should_exit = True
                self._pending = False
                return
        if any(client.status in ("loading", "restarting") for client in clients.values()):
            return
        self._pending = False
        if all(client.status == "ready" for client in clients.values()):
            facts = _facts(self._model, self._client.info)
            if self._reading and self._reader:
                facts |= _facts_of_reader(self._reading, self._reader.info)
            if self._as_json:
                logger.info("ready", extra=facts)
            else:
                Console(stderr=True).print(_table(facts))


def _facts(model: LocalModel, info: EngineInfo) -> dict[str, str]:
    """What a person wants to know when the service is ready."""
    sequences = info.kv_tokens // info.max_model_len
    phases = ", ".join(f"{phase} {seconds:.1f} s" for phase, seconds in info.startup_seconds.items())
    return {
        "model": f"{model.name} ({info.architecture}, {_size(info.weights_bytes)})",
        "device": f"{info.device}, {info.dtype}, computed by {_computed_by(info)}",
        "context": f"{info.max_model_len:,} tokens",
        "kv cache": f"{info.kv_tokens:,} tokens ({_size(info.kv_cache_bytes)}): {sequences} sequences of full length",
        "batch": f"{info.max_num_seqs} sequences, {info.max_batch_tokens} tokens in a step",
        "start": f"{sum(info.startup_seconds.values()):.1f} s: {phases}",
        **({"notes": "; ".join(model.notes)} if model.notes else {}),
    }


def _facts_of_reader(model: LocalModel, info: ReaderInfo) -> dict[str, str]:
    phases = ", ".join(f"{phase} {seconds:.1f} s" for phase, seconds in info.startup_seconds.items())
    notes = f"; {'; '.join(model.notes)}" if model.notes else ""
    return {
        "reader": f"{model.name} ({info.architecture}, {_size(info.weights_bytes)}){notes}",
        "reader's device": f"{info.device}, {info.dtype}",
        "reader's batch": f"windows of up to {info.max_tokens} tokens, {info.max_batch_tokens:,} tokens at once",
        "reader's start": phases,
    }


def _computed_by(info: EngineInfo) -> str:
    quantized = "" if info.quantization == "none" else f", weights {info.quantization}"
    return {"native": "compiled kernels", "torch": "torch"}[info.backend] + quantized


def _table(facts: dict[str, str]) -> Table:
    table = Table(title="Trivium is ready", title_justify="left", show_header=False)
    for fact, value in facts.items():
        table.add_row(fact, value)
    return table


def _size(number: int) -> str:
    return f"{number / 2**30:.2f} GiB"
