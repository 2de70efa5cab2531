"""The registry: the served models by name, the model of each request, and the loads and unloads."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from service.errors import AdapterInUse, IncapableModel, ModelNotServed, ModelUnavailable
from service.models.capabilities import Capability
from service.serving.adapter import ServedAdapter
from service.serving.memory_budget import MemoryBudget
from service.serving.model import ServedModel
from service.traces.span import traced

# Names that clients send if they are given no model: huggingface_hub, and openai as TGI's documentation shows it.
_PLACEHOLDERS = frozenset({"dummy", "tgi"})
_SWEEP_SECONDS = 1.0


class Registry:
    """The served models. ``add_model`` makes a model of a catalogue name that is not served yet, or returns None.

    ``load_timeout`` is the time in seconds that a request waits for its model. With ``may_fetch`` the files of models
    may be downloaded while the service runs, and catalogue names may be added.
    """

    def __init__(
        self,
        models: Iterable[ServedModel],
        *,
        memory_budget: int = 0,
        load_timeout: float = 120.0,
        may_fetch: bool = False,
        add_model: Callable[[str], ServedModel | None] = lambda name: None,
    ) -> None:
        self.models = {model.name: model for model in models}
        self.has_started = False  # each of the models that are loaded at the start is loaded, or has failed
        self._budget = MemoryBudget(self.models, memory_budget)
        self._load_timeout = load_timeout
        self._may_fetch = may_fetch
        self._add_model = add_model
        self._loads: dict[str, asyncio.Task[None]] = {}  # name -> the last load
        self._tasks: set[asyncio.Task[None]] = set()

    def find(self, name: str | None, capability: Capability | None = None) -> ServedModel | ServedAdapter:
        """The model or the adapter for a request: the one with this name, or without a name the task's default.

        Raises ModelNotServed or IncapableModel.
        """
        if name is None or (name in _PLACEHOLDERS and name not in self.models):
            return self._default(capability)
        model = self.models.get(name) or self._adapter(name)
        if model is None:
            raise ModelNotServed(capability, self._able(capability))
        self.require(model, capability)
        return model

    def require(self, model: ServedModel | ServedAdapter, capability: Capability | None) -> None:
        """Raises IncapableModel if the model does not have the capability, as far as is known."""
        if capability is not None and not model.may_have(capability):
            raise IncapableModel(model.name, capability, self._able(capability))

    def may_wait(self, model: ServedModel) -> bool:
        """Whether a request waits for the model: it is not loaded, but it can be."""
        return self.has_started and not (model.is_ready or model.is_held or model.state == "failed")

    async def lease(self, model: ServedModel | ServedAdapter) -> AbstractContextManager[None]:
        """A lease of the model or the adapter, to be entered at once. The request waits for the model's load.

        Raises ModelUnavailable if that is not possible, or takes more than ``load_timeout`` seconds. Until the service
        has started, and while an operator keeps the model away, no request waits.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._load_timeout
        base = model.base
        with base.leases.awaited(), traced("load"):
            while not base.is_ready:
                if not self.may_wait(base):
                    raise base.unavailable()
                load = self._begin_load(base)
                if not (await asyncio.wait([load], timeout=deadline - loop.time()))[0]:
                    raise ModelUnavailable("loading", f"the model did not load within {self._load_timeout:g} seconds")
                if load.cancelled():
                    raise base.unavailable()
                if (error := load.exception()) is not None:
                    raise error if isinstance(error, ModelUnavailable) else base.unavailable()
        return model.lease()

    async def load_adapter(self, name: str, path: Path, model_name: str | None = None) -> ServedAdapter:
        """Load an adapter for an operator, into the model of this name or the default of generation.

        Raises ModelNotServed, IncapableModel, ModelUnavailable, AdapterInUse or UnsupportedAdapter.
        """
        if name in self.models or self._adapter(name) is not None:
            raise AdapterInUse(f"the name {name!r} is taken")
        model = self.find(model_name, Capability.GENERATE).base
        with await self.lease(model):
            return await model.adapters.load(name, path)

    async def unload_adapter(self, name: str) -> ServedAdapter:
        """Unload an adapter for an operator, after the requests that use the adapter have ended.

        Raises ModelNotServed or ProcessUnavailable.
        """
        adapter = self._adapter(name)
        if adapter is None:
            raise ModelNotServed(None, tuple(each for model in self.models.values() for each in model.adapters))
        return await adapter.base.adapters.unload(name)

    async def load(self, name: str) -> ServedModel:
        """Load a model for an operator, and return when it is loaded.

        Raises ModelNotServed, ProcessError or ModelStoreError.
        """
        if name not in self.models:
            added = self._add_model(name) if self._may_fetch else None
            if added is None:
                raise ModelNotServed(None, self._able(None))
            self.models[name] = added
        model = self.models[name]
        model.is_held = False
        await asyncio.shield(self._begin_load(model))
        return model

    async def unload(self, name: str) -> ServedModel:
        """Unload a model for an operator, after the requests that use it have ended. Raises ModelNotServed.

        A model that is loaded on demand comes back with its next request. Another one stays away until ``load``.
        """
        model = self.models.get(name)
        if model is None:
            raise ModelNotServed(None, self._able(None))
        model.is_held = model.spec.load == "start"
        await asyncio.shield(self._in_background(model.unload("admin")))
        return model

    async def start(self) -> None:
        """Load the models of the start, all at once, and return when each of them is loaded or has failed."""
        loads = [
            self._begin_load(model)
            for model in self.models.values()
            if model.spec.load == "start" and model.state != "failed"
        ]
        if any(model.spec.idle_seconds for model in self.models.values()):
            self._in_background(self._unload_idle_models())
        if loads:
            await asyncio.wait(loads)
        self.has_started = True

    async def close(self) -> None:
        """Stop all processes, and the loads that have not ended. Idempotent."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *(model.close() for model in self.models.values()), return_exceptions=True)

    def _default(self, capability: Capability | None) -> ServedModel:
        able = [model for model in self.models.values() if capability is None or capability in model.capabilities]
        if not able:
            raise ModelNotServed(capability, ())
        return next((model for model in able if capability in model.spec.default_for), able[0])

    def _adapter(self, name: str) -> ServedAdapter | None:
        return next((model.adapters[name] for model in self.models.values() if name in model.adapters), None)

    def _able(self, capability: Capability | None) -> tuple[str, ...]:
        """The names of the models that can do the task."""
        models = self.models.values()
        return tuple(model.name for model in models if capability is None or capability in model.capabilities)

    def _begin_load(self, model: ServedModel) -> asyncio.Task[None]:
        """The load of this model that is under way, or a new one."""
        load = self._loads.get(model.name)
        if load is None or load.done():
            load = self._loads[model.name] = self._in_background(self._load(model))
        return load

    async def _load(self, model: ServedModel) -> None:
        async with self._budget.room_for(model, self._load_timeout):
            await model.load(fetch=self._may_fetch)
        await self._budget.settle(model)

    async def _unload_idle_models(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            for model in list(self.models.values()):
                if model.spec.idle_seconds and model.idle_seconds > model.spec.idle_seconds:
                    await model.unload("idle")

    def _in_background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task that goes on when its caller is cancelled. Its exception is logged where it arises."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # fetched, so that asyncio does not log an exception that nobody waits for
