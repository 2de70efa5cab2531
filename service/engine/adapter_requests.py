"""The adapters of an engine, as the API process sees them: those that are loaded, and the answers it waits for."""

import asyncio
from dataclasses import dataclass

from service.engine.protocol.adapter_info import AdapterInfo
from service.errors import AdapterInUse, ProcessError, UnknownAdapter, UnsupportedAdapter


@dataclass(slots=True)
class _Loading:
    """An adapter that the engine process is loading."""

    path: str
    answer: "asyncio.Future[AdapterInfo]"


class AdapterRequests:
    """Owns the paths of loaded adapters: a new engine process loads them again."""

    def __init__(self, paths: dict[str, str]) -> None:
        """``paths`` are the directories of the adapters that the first engine process loads, by name."""
        self.paths = dict(paths)
        self.infos: dict[str, AdapterInfo] = {}  # of the adapters that are loaded
        self._loading: dict[str, _Loading] = {}
        self._unloading: dict[str, asyncio.Future[None]] = {}

    def expect_load(self, name: str, path: str) -> "asyncio.Future[AdapterInfo]":
        """The answer to the command that loads an adapter. Raises AdapterInUse if the name is taken."""
        if not name or name in self.paths or name in self._loading or name in self._unloading:
            raise AdapterInUse(f"the name {name!r} is taken")
        answer = asyncio.get_running_loop().create_future()
        self._loading[name] = _Loading(path, answer)
        return answer

    def expect_unload(self, name: str) -> "asyncio.Future[None]":
        """The answer to the command that unloads an adapter. From now on no new process loads it.

        Raises UnknownAdapter.
        """
        self.require(name)
        del self.paths[name]
        self.infos.pop(name, None)
        answer = self._unloading[name] = asyncio.get_running_loop().create_future()
        return answer

    def require(self, name: str) -> None:
        """Raises UnknownAdapter if there is no such adapter."""
        if name not in self.paths:
            raise UnknownAdapter(name)

    def started(self, infos: tuple[AdapterInfo, ...]) -> None:
        """Note what a new engine process says about ``paths``. Those that it could not load are dropped."""
        for info in infos:
            if info.error:
                self.paths.pop(info.name, None)
                self.infos.pop(info.name, None)
            elif info.name in self.paths:
                self.infos[info.name] = info

    def loaded(self, info: AdapterInfo) -> None:
        """Note that an adapter is loaded, or cannot be loaded."""
        loading = self._loading.pop(info.name)
        if info.error:
            _fail(loading.answer, UnsupportedAdapter(info.error))
            return
        self.paths[info.name] = loading.path
        self.infos[info.name] = info
        if not loading.answer.done():
            loading.answer.set_result(info)

    def unloaded(self, name: str) -> None:
        """Note that an adapter is unloaded."""
        answer = self._unloading.pop(name)
        if not answer.done():
            answer.set_result(None)

    def process_ended(self, error: ProcessError) -> None:
        """Note that the process answers no more: what it was loading is not loaded, and nothing is left to unload."""
        loading, self._loading = self._loading, {}
        for each in loading.values():
            _fail(each.answer, error)
        for name in list(self._unloading):
            self.unloaded(name)


def _fail(answer: "asyncio.Future[AdapterInfo]", error: ProcessError) -> None:
    if not answer.done():
        answer.set_exception(error)
