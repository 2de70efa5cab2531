"""The adapters that are loaded, by name. A request names its adapter; its sequence keeps the adapter's number."""

import logging
from itertools import count
from typing import Protocol

from service.engine.protocol.adapter_info import AdapterInfo
from service.errors import DeviceLost, ProcessError, UnknownAdapter, UnsupportedAdapter, first_line

logger = logging.getLogger(__name__)


class AdapterRunner(Protocol):
    """The part of a runner that holds the weights of adapters, by number."""

    def load_adapter(self, number: int, path: str) -> tuple[int, int]:
        """Load the adapter in the directory ``path``. Return its largest rank, and the bytes of its weights.

        Raises UnsupportedAdapter, OutOfMemory, and DeviceLost.
        """
        ...

    def unload_adapter(self, number: int) -> None:
        """Forget the adapter. No sequence uses it."""
        ...


class WithoutAdapters:
    """The part of a runner that refuses all adapters, and has no draft model, for runners without a real model."""

    draft_runner: None = None

    def load_adapter(self, number: int, path: str) -> tuple[int, int]:
        """Raises UnsupportedAdapter."""
        raise UnsupportedAdapter("this runner has no linear layers")

    def unload_adapter(self, number: int) -> None:
        """There is nothing to forget."""


class LoadedAdapters:
    """Owns names and numbers. A number is never used again, so a prefix of an unloaded adapter is never found."""

    def __init__(self, runner: AdapterRunner) -> None:
        self._runner = runner
        self._numbers: dict[str, int] = {}
        self._next_number = count(1)

    def number(self, name: str) -> int:
        """The number of the adapter called ``name``; 0 for the empty name. Raises UnknownAdapter."""
        if not name:
            return 0
        if name not in self._numbers:
            raise UnknownAdapter(name)
        return self._numbers[name]

    def load(self, name: str, path: str) -> AdapterInfo:
        """Load the adapter in the directory ``path``, and call it ``name``.

        If it cannot be loaded, its facts hold the error, and the others are served without it. Raises DeviceLost.
        """
        if not name or name in self._numbers:
            return AdapterInfo(name=name, error=f"the name {name!r} is taken")
        number = next(self._next_number)
        try:
            rank, weights_bytes = self._runner.load_adapter(number, path)
        except DeviceLost:
            raise
        except ProcessError as error:
            logger.warning("adapter %s cannot be loaded: %s", name, error)
            return AdapterInfo(name=name, error=str(error))
        except Exception as error:
            logger.exception("adapter %s cannot be loaded", name)
            return AdapterInfo(name=name, error=f"{type(error).__name__}: {first_line(error)}")
        self._numbers[name] = number
        logger.info("adapter %s is loaded: rank %d, %.1f MB", name, rank, weights_bytes / 1e6)
        return AdapterInfo(name=name, rank=rank, weights_bytes=weights_bytes)

    def unload(self, name: str) -> None:
        """Forget an adapter that no sequence uses. Raises UnknownAdapter."""
        if number := self.number(name):
            del self._numbers[name]
            self._runner.unload_adapter(number)
            logger.info("adapter %s is unloaded", name)
