"""Served models without processes: their loads wait until a test lets them go on."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from model_store.types import LocalModel
from service.engine.client import EngineClient
from service.errors import ProcessError, ProcessUnavailable
from service.metrics import Metrics
from service.models.capabilities import GENERATIVE, Capability
from service.serving.model import ServedModel
from service.serving.registry import Registry
from service.serving.runtime import Runtime
from service.settings import Settings
from service.settings.served_models import ModelSpec

SETTINGS = Settings()


class ScriptedProcess:
    """A process that needs ``memory`` bytes, and starts when ``may_start`` is set, unless it ``fails``."""

    def __init__(self, memory: int, fails: str) -> None:
        self.status = "loading"
        self.reason = ""
        self.is_starting = False
        self.may_start = asyncio.Event()
        self.may_start.set()
        self._memory = memory
        self._fails = fails

    @property
    def info(self) -> Any:
        if self.status != "ready":
            raise ProcessUnavailable(self.status, "the process is not ready")
        return SimpleNamespace(weights_bytes=self._memory, kv_cache_bytes=0)

    async def start(self) -> None:
        self.is_starting = True
        await self.may_start.wait()
        if self._fails:
            self.status = "dead"
            raise ProcessError(self._fails)
        self.status = "ready"

    async def close(self) -> None:
        self.status = "stopping"


class ScriptedFiles:
    """The source of a model, and the processes that it has made. ``holds`` keeps the processes from starting."""

    def __init__(self, memory: int = 1, fails: str = "", *, is_here: bool = True, holds: bool = False) -> None:
        self.processes: list[ScriptedProcess] = []
        self.fails = fails
        self.fetched = 0
        self.memory = memory
        self.found: frozenset[Capability] = GENERATIVE
        self._is_here = is_here
        self._holds = holds

    def find(self) -> LocalModel | None:
        return LocalModel("local", Path("/nonexistent")) if self._is_here else None

    def fetch(self) -> LocalModel:
        self.fetched += 1
        return LocalModel("local", Path("/nonexistent"))

    def capabilities(self, local: LocalModel) -> frozenset[Capability]:
        return self.found

    def build(self, local: LocalModel, adapters: Mapping[str, Path]) -> Runtime:
        process = ScriptedProcess(self.memory, self.fails)
        if self._holds:
            process.may_start.clear()
        self.processes.append(process)
        return Runtime(cast(EngineClient, process), {}, lambda name: {}, Metrics().for_model("scripted").engine)


def served_model(
    name: str,
    files: ScriptedFiles | None = None,
    capabilities: frozenset[Capability] = GENERATIVE,
    *,
    estimated: bool = True,
    capabilities_of_settings: frozenset[Capability] | None = None,
    **changes: Any,
) -> ServedModel:
    """A served model. ``changes`` are fields of its specification. ``estimated``: its memory is known in advance."""
    files = files or ScriptedFiles()
    files.found = capabilities
    fields: Mapping[str, Any] = {
        "source": name,
        "capabilities": capabilities_of_settings,
        "default_for": frozenset(),
        "load": "start",
        "idle_seconds": 0.0,
        "adapters": {},
        "settings": SETTINGS.model_copy(update={"kv_cache_memory": files.memory if estimated else 0}),
    }
    spec = ModelSpec(name=name, **{**fields, **changes})
    model = ServedModel(spec, files, Metrics().for_model(name))
    if files.find() is not None:
        model.locate()
    return model


def registry(*models: ServedModel, **options: Any) -> Registry:
    return Registry(models, **{"load_timeout": 5.0, **options})
