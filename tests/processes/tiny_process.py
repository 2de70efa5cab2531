"""A third kind of child process, as small as it can be: it repeats words, one word of every request in each step.

Some words are faults. Its config can keep it from loading.
"""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct, msgpack

from service.errors import ProcessError
from service.processes.child_process import ChildProcess
from service.processes.client import ProcessClient
from service.processes.crash_record import CrashRecord
from service.processes.messages import Abort, Failed, Heartbeat, ProcessInfo, Ready, Stop, Submit
from service.processes.observer import ProcessObserver
from service.processes.restart_policy import RestartPolicy
from service.processes.worker import ModelWorker, WorkerProcess

TINY_WORKER = "tests.processes.tiny_process"
EXIT, RAISE, DEADLOCK, REFUSE, HOLD = "exit", "raise", "deadlock", "refuse", "hold"  # words that are faults

_STEP_SECONDS = 0.002  # the least time that a step takes


class TinyConfig(Struct, frozen=True, kw_only=True):
    """A file ``broken`` in ``directory`` keeps the process from loading; its text is the reason."""

    directory: str
    log_level: str = "critical"
    log_json: bool = False
    log_prompts: bool = False


class Words(Struct, frozen=True, array_like=True):
    """A request: these words are to be repeated."""

    id: str
    words: tuple[str, ...]


class Spoken(Struct, frozen=True, array_like=True, tag="spoken"):
    """Event: one word of each request, and the ids of the requests that were refused."""

    words: list[tuple[str, str]]  # request id, word
    refused: list[str] = []


decode_command = msgpack.Decoder(Submit[Words] | Abort | Stop).decode
decode_event = msgpack.Decoder(Ready[ProcessInfo] | Failed | Heartbeat | Spoken).decode


class TinyWorker(ModelWorker[Words]):
    """The child process's side."""

    info = ProcessInfo(startup_seconds={"load": 0.0})

    def __init__(self, crash_record: CrashRecord) -> None:
        self._crash_record = crash_record
        self._requests: dict[str, list[str]] = {}

    @property
    def has_work(self) -> bool:
        return any(words[:1] != [HOLD] for words in self._requests.values())

    def submit(self, request: Words) -> Spoken | None:
        if REFUSE in request.words:
            return Spoken([], [request.id])
        self._requests[request.id] = list(request.words)
        return None

    def abort(self, ids: Collection[str]) -> None:
        for id in ids:
            self._requests.pop(id, None)

    def step(self) -> Spoken:
        time.sleep(_STEP_SECONDS)
        ready = {id: words for id, words in self._requests.items() if words[0] != HOLD}
        with self._crash_record.computing(list(ready)):
            spoken = [(id, self._speak(words.pop(0))) for id, words in ready.items()]
        self._requests = {id: words for id, words in self._requests.items() if words}
        return Spoken(spoken)

    @staticmethod
    def _speak(word: str) -> str:
        if word == EXIT:
            os._exit(3)
        if word == RAISE:
            raise ValueError("a fault")
        if word == DEADLOCK:
            threading.Event().wait()
        return word


class InFlightWords:
    """The API process's side of one request."""

    def __init__(self, request: Words) -> None:
        self._request = request
        self.spoken: list[str] = []
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def unfinished(self) -> Words:
        return msgspec.structs.replace(self._request, words=self._request.words[len(self.spoken) :])

    def put(self, word: str) -> bool:
        """Add a word. Return whether it is the last one."""
        self.spoken.append(word)
        if len(self.spoken) == len(self._request.words):
            self._done.set_result(None)
        return self._done.done()

    def fail(self, error: ProcessError) -> None:
        if not self._done.done():
            self._done.set_exception(error)

    async def words(self) -> list[str]:
        """Wait for all words."""
        await asyncio.wait_for(self._done, 20)
        return self.spoken


class TinyClient(ProcessClient[ProcessInfo, Spoken, InFlightWords]):
    """The API process's side."""

    def __init__(
        self,
        directory: Path,
        restart_policy: RestartPolicy,
        *,
        process: ChildProcess | None = None,
        observer: ProcessObserver | None = None,
        on_words: Callable[[list[tuple[str, str]]], None] | None = None,
    ) -> None:
        super().__init__("tiny", TINY_WORKER, decode_event, restart_policy, process=process, observer=observer)
        self._config = TinyConfig(directory=str(directory))
        self._on_words = on_words

    def repeat(self, id: str, words: Sequence[str]) -> InFlightWords:
        self._require_started()
        item = InFlightWords(Words(id, tuple(words)))
        self._add({id: item})
        return item

    def _make_config(self) -> TinyConfig:
        return self._config

    def _handle(self, event: Spoken) -> None:
        for id, word in event.words:
            entry = self._in_flight.get(id)
            if entry is None:
                continue
            if not entry.has_output:
                self._record_first_output(entry)
            if entry.item.put(word):
                self._in_flight.remove(id)
        for id in event.refused:
            entry = self._in_flight.get(id)
            if entry is not None:
                self._in_flight.remove(id)
                entry.item.fail(ProcessError("refused"))
        self._supervisor.progress()
        if self._on_words is not None:
            self._on_words(event.words)


def load(config: TinyConfig, crash_record: CrashRecord) -> TinyWorker:
    """Raises ProcessError if the process is broken, and ValueError if the reason is empty."""
    broken = Path(config.directory, "broken")
    if broken.exists():
        reason = broken.read_text()
        if not reason:
            raise ValueError("no reason")
        raise ProcessError(reason)
    return TinyWorker(crash_record)


if __name__ == "__main__":
    sys.exit(WorkerProcess("tiny", sys.argv[1], TinyConfig, decode_command, lambda: load).run())
