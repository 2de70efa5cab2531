"""The memory that all loaded models may take together. Idle models give way, the least recently used one first."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from service.errors import ModelUnavailable
from service.serving.model import ServedModel

logger = logging.getLogger(__name__)

_GIB = 1 << 30


class MemoryBudget:
    """Up to ``limit`` bytes of weights and KV caches; 0: no limit.

    The memory of a model that was never loaded is estimated by the size of its files and its ``kv_cache_memory``. If
    the model turns out to take more, ``settle`` unloads other models after the load.
    """

    def __init__(self, models: Mapping[str, ServedModel], limit: int) -> None:
        self._models = models
        self._limit = limit
        self._reserved: dict[str, int] = {}  # name -> bytes of a model that is being loaded
        self._deciding = asyncio.Lock()

    @property
    def used(self) -> int:
        """Bytes of the models that are loaded or being loaded."""
        loaded = sum(model.memory for model in self._models.values() if model.name not in self._reserved)
        return loaded + sum(self._reserved.values())

    @asynccontextmanager
    async def room_for(self, model: ServedModel, timeout: float) -> AsyncIterator[None]:
        """Keep room for the model while the block loads it. Other models are unloaded for it once they are idle.

        Raises ModelUnavailable if the model needs more than the limit, or no model becomes idle within ``timeout``
        seconds.
        """
        if not self._limit or model.is_ready:
            yield
            return
        needed = model.memory_estimate
        if needed > self._limit:
            raise ModelUnavailable("no_memory", f"the model needs {_gib(needed)}; the budget is {_gib(self._limit)}")
        async with self._deciding:
            try:
                async with asyncio.timeout(timeout):
                    await self._make_room(needed)
            except TimeoutError:
                message = f"the model needs {_gib(needed)}, and models in use take {_gib(self.used)}"
                raise ModelUnavailable("no_memory", message) from None
            self._reserved[model.name] = needed
        try:
            yield
        finally:
            del self._reserved[model.name]

    async def settle(self, model: ServedModel) -> None:
        """After a load that took more memory than was estimated: unload other models that are idle."""
        while self._limit and self.used > self._limit:
            idle = [other for other in self._models.values() if other.is_idle and other is not model]
            if not idle:
                logger.warning("the loaded models take %s, more than memory_budget", _gib(self.used))
                return
            await _least_recently_used(idle).unload("memory")

    async def _make_room(self, needed: int) -> None:
        while self.used + needed > self._limit:
            loaded = [model for model in self._models.values() if model.is_ready]
            idle = [model for model in loaded if model.is_idle]
            if idle:
                await _least_recently_used(idle).unload("memory")
            else:
                await _first_idle(loaded)


def _least_recently_used(models: list[ServedModel]) -> ServedModel:
    return min(models, key=lambda model: model.leases.last_used)


async def _first_idle(models: list[ServedModel]) -> None:
    """Return when a model is idle, or after a moment if a load or an unload may make room."""
    waits = [asyncio.create_task(model.leases.wait_until_unused()) for model in models]
    try:
        if waits:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(0.1)  # another model is loading or unloading
    finally:
        for wait in waits:
            wait.cancel()


def _gib(number: int) -> str:
    return f"{number / _GIB:.2f} GiB"
