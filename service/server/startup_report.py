"""The report of a service that is ready: a table for people, or one JSON log line."""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress

import uvicorn
from rich.console import Console
from rich.table import Table

from model_store.types import LocalModel
from service.encoder.messages import EncoderInfo
from service.engine.protocol.engine_info import EngineInfo
from service.serving.model import ServedModel
from service.serving.registry import Registry

logger = logging.getLogger(__name__)

_BACKENDS = {"native": "compiled kernels", "torch": "torch"}


class StartupWatch:
    """Calls ``on_ready`` once when the service has started, or stops the server if no model can be loaded.

    ``failure`` says why, and is empty otherwise.
    """

    def __init__(self, server: uvicorn.Server, registry: Registry, on_ready: Callable[[], None]) -> None:
        self.failure = ""
        self._server = server
        self._registry = registry
        self._on_ready = on_ready
        self._pending = True

    async def check(self) -> None:
        """Check the models. The server calls this once a second while it runs."""
        if not self._pending or not self._registry.has_started:
            return
        self._pending = False
        models = self._registry.models.values()
        if all(model.state == "failed" for model in models):
            failures = [f"the model {model.name} cannot be loaded: {model.reason}" for model in models]
            self.failure = "; ".join(failures)
            self._server.should_exit = True
        else:
            self._on_ready()


def report(models: Iterable[dict[str, str]], *, as_json: bool) -> None:
    """Write the facts about each model to the log as JSON, or as tables to standard error."""
    title = "Trivium is ready"
    for facts in models:
        if as_json:
            logger.info("ready", extra=facts)
            continue
        table = Table(title=title, title_justify="left", show_header=False)
        for name, value in facts.items():
            table.add_row(name, value)
        with suppress(OSError, SystemExit):  # the terminal may be closed, or the reader of a pipe gone
            Console(stderr=True).print(table)
        title = ""


def model_facts(model: ServedModel) -> dict[str, str]:
    """The facts about a served model, whatever its state is."""
    if model.state == "failed":
        return {"model": model.name, "failed": model.reason}
    if not model.is_ready or model.local is None:
        return {"model": model.name, "state": "it is loaded by its first request"}
    info = model.client.info
    if isinstance(info, EngineInfo):
        return engine_facts(model.name, model.local, info)
    return encoder_facts(model.name, model.local, info)


def engine_facts(name: str, local: LocalModel, info: EngineInfo) -> dict[str, str]:
    """Model, device, capacity and start-up times of the engine."""
    sequences = info.kv_tokens // info.max_model_len
    quantized = "" if info.quantization == "none" else f", weights {info.quantization}"
    kernels = {"kernels": f"{info.kernels}: {info.kernels_reason}"} if info.kernels else {}
    return {
        "model": f"{name} ({info.architecture}, {_gibibytes(info.weights_bytes)})",
        "device": f"{info.device}, {info.dtype}, computed by {_BACKENDS[info.backend]}{quantized}",
        **kernels,
        "context": f"{info.max_model_len:,} tokens",
        "kv cache": f"{info.kv_tokens:,} tokens of {info.kv_cache_dtype} ({_gibibytes(info.kv_cache_bytes)}): "
        f"{sequences} sequences of full length",
        "batch": f"{info.max_num_seqs} sequences, {info.max_batch_tokens} tokens in a step",
        "start": _start(info.startup_seconds),
        **_notes(*local.notes, *info.notes),
    }


def encoder_facts(name: str, local: LocalModel, info: EncoderInfo) -> dict[str, str]:
    """Model, device, capacity and start-up times of an encoder."""
    return {
        "model": f"{name} ({info.architecture}, {_gibibytes(info.weights_bytes)})",
        "device": f"{info.device}, {info.dtype}, {info.head} head, computed by {_BACKENDS[info.backend]}"
        + (f" ({info.kernels})" if info.kernels else ""),
        "batch": f"inputs of up to {info.max_tokens} tokens, {info.max_batch_tokens:,} tokens at once",
        "start": _start(info.startup_seconds),
        **_notes(*local.notes),
    }


def _start(startup_seconds: dict[str, float]) -> str:
    phases = ", ".join(f"{phase} {seconds:.1f} s" for phase, seconds in startup_seconds.items())
    return f"{sum(startup_seconds.values()):.1f} s: {phases}"


def _notes(*notes: str) -> dict[str, str]:
    return {"notes": "; ".join(notes)} if notes else {}


def _gibibytes(number: int) -> str:
    return f"{number / 2**30:.2f} GiB"
