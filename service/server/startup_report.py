"""The report of a service that is ready: a table for people, or one JSON log line."""

import logging
from collections.abc import Callable, Mapping

import uvicorn
from rich.console import Console
from rich.table import Table

from model_store.types import LocalModel
from service.encoder.client import EncoderClient
from service.encoder.messages import EncoderInfo
from service.engine.client import EngineClient
from service.engine.protocol.engine_info import EngineInfo

logger = logging.getLogger(__name__)

_BACKENDS = {"native": "compiled kernels", "torch": "torch"}


class StartupWatch:
    """Calls ``on_ready`` once when all processes are ready, or stops the server if one of them cannot start.

    ``failure`` says why, and is empty otherwise. ``clients`` are the clients of the processes by their names.
    """

    def __init__(
        self,
        server: uvicorn.Server,
        clients: Mapping[str, EngineClient | EncoderClient],
        on_ready: Callable[[], None],
    ) -> None:
        self.failure = ""
        self._server = server
        self._clients = clients
        self._on_ready = on_ready
        self._pending = True

    async def check(self) -> None:
        """Check the processes. The server calls this once a second while it runs."""
        if not self._pending:
            return
        for name, client in self._clients.items():
            if client.status == "dead":
                self.failure = f"the {name} cannot start: {client.reason}"
                self._server.should_exit = True
                self._pending = False
                return
        statuses = {client.status for client in self._clients.values()}
        if statuses & {"loading", "restarting"}:
            return
        self._pending = False
        if statuses == {"ready"}:
            self._on_ready()


def report(facts: dict[str, str], *, as_json: bool) -> None:
    """Write the facts to the log as JSON, or as a table to standard error."""
    if as_json:
        logger.info("ready", extra=facts)
        return
    table = Table(title="Trivium is ready", title_justify="left", show_header=False)
    for name, value in facts.items():
        table.add_row(name, value)
    Console(stderr=True).print(table)


def engine_facts(model: LocalModel, info: EngineInfo) -> dict[str, str]:
    """Model, device, capacity and start-up times of the engine."""
    sequences = info.kv_tokens // info.max_model_len
    quantized = "" if info.quantization == "none" else f", weights {info.quantization}"
    return {
        "model": f"{model.name} ({info.architecture}, {_gibibytes(info.weights_bytes)})",
        "device": f"{info.device}, {info.dtype}, computed by {_BACKENDS[info.backend]}{quantized}",
        "context": f"{info.max_model_len:,} tokens",
        "kv cache": f"{info.kv_tokens:,} tokens ({_gibibytes(info.kv_cache_bytes)}): "
        f"{sequences} sequences of full length",
        "batch": f"{info.max_num_seqs} sequences, {info.max_batch_tokens} tokens in a step",
        "start": f"{sum(info.startup_seconds.values()):.1f} s: {_phases(info.startup_seconds)}",
        **({"notes": "; ".join(model.notes)} if model.notes else {}),
    }


def reader_facts(model: LocalModel, info: EncoderInfo) -> dict[str, str]:
    """Model, device, capacity and start-up times of the reader."""
    notes = f"; {'; '.join(model.notes)}" if model.notes else ""
    return {
        "reader": f"{model.name} ({info.architecture}, {_gibibytes(info.weights_bytes)}){notes}",
        "reader's device": f"{info.device}, {info.dtype}",
        "reader's batch": f"windows of up to {info.max_tokens} tokens, {info.max_batch_tokens:,} tokens at once",
        "reader's start": _phases(info.startup_seconds),
    }


def _phases(startup_seconds: dict[str, float]) -> str:
    return ", ".join(f"{phase} {seconds:.1f} s" for phase, seconds in startup_seconds.items())


def _gibibytes(number: int) -> str:
    return f"{number / 2**30:.2f} GiB"
