"""The adapters of one served model."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from service.engine.client import EngineClient
from service.errors import UnsupportedAdapter
from service.serving.adapter import ServedAdapter

if TYPE_CHECKING:
    from service.serving.model import ServedModel


class ServedAdapters(Mapping[str, ServedAdapter]):
    """Adapters by their names. The model keeps them over restarts and reloads."""

    def __init__(self, base: "ServedModel", paths: Mapping[str, Path]) -> None:
        self._base = base
        self._by_name = {name: ServedAdapter(name, base, path) for name, path in paths.items()}

    def __getitem__(self, name: str) -> ServedAdapter:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    @property
    def paths(self) -> dict[str, Path]:
        """The directories of the adapters, by name."""
        return {name: adapter.path for name, adapter in self._by_name.items()}

    def memory(self, name: str) -> int:
        """Bytes of the matrices of an adapter; 0 while it is not loaded."""
        info = None if self._engine is None else self._engine.adapters.get(name)
        return 0 if info is None else info.weights_bytes

    def failure(self, name: str) -> str:
        """Why the model's process has not loaded an adapter; empty if it has, or is not ready itself.

        A process that takes the place of a crashed one may not find the files that the first one read.
        """
        if self._engine is None or self._engine.status != "ready" or name in self._engine.adapters:
            return ""
        errors = {info.name: info.error for info in self._engine.info.adapters}
        return errors.get(name, "the process has not loaded it")

    @property
    def _engine(self) -> EngineClient | None:
        return self._base.runtime.engine if self._base.is_ready else None

    async def load(self, name: str, path: Path) -> ServedAdapter:
        """Load an adapter into the model.

        Raises ModelUnavailable, UnsupportedAdapter, AdapterInUse or ProcessUnavailable.
        """
        engine = self._base.runtime.engine
        if engine is None:
            raise UnsupportedAdapter(f"the model {self._base.name} is an encoder, which takes no adapters")
        await engine.load_adapter(name, str(path))
        adapter = self._by_name[name] = ServedAdapter(name, self._base, path)
        return adapter

    async def unload(self, name: str) -> ServedAdapter:
        """Forget an adapter, after the requests that use the adapter have ended. Raises ProcessUnavailable."""
        adapter = self._by_name.pop(name)
        await adapter.leases.wait_until_unused()
        if self._engine is not None:
            self._base.runtime.adapter_tasks.pop(name, None)
            if name in self._engine.adapters:
                await self._engine.unload_adapter(name)
        return adapter
