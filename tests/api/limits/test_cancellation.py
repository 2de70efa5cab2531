"""A client that disconnects leaves nothing in the real engine, one step after the engine receives the abort."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from service.api.app import create_app
from service.documents.opening import open_documents
from service.engine.client import EngineClient
from service.engine.protocol.messages import AdapterUnloaded, EngineEvent, UnloadAdapter
from service.engine.protocol.outputs import StepStats
from service.metrics import Metrics
from service.processes.messages import encode
from service.serving.registry import Registry
from service.settings import Settings
from service.tasks.text.tokenizer import Tokenizer
from tests.api.raw_http import connection, post_bytes, read_until
from tests.api.scripted import served
from tests.engine.configs import engine_config
from tests.engine.tiny_models import served_model
from tests.fakes.served_model import fixed_model
from tests.processes.restart_policies import restart_policy

ENDLESS = {"prompt": "a", "max_tokens": 30_000, "ignore_eos": True}
LONG = "The quick brown fox jumps over the lazy dog. " * 200
SEGMENTS = " ".join(f"This is sentence number {i}." for i in range(300))
MARK = "no adapter"


@dataclass
class Watched:
    """The steps of the engine, and the last step before it receives each abort."""

    steps: list[StepStats] = field(default_factory=list)
    aborted_after: list[int] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def record(self, stats: StepStats) -> None:
        with self.changed:
            self.steps.append(stats)
            self.changed.notify_all()

    def wait(self, condition: Callable[[StepStats], bool], *, after: int | None = None) -> StepStats:
        """The first step for which the condition is true, of those from now on or ``after`` this step."""
        with self.changed:
            after = self.steps[-1].step if after is None and self.steps else after or 0

            def found() -> StepStats | None:
                return next((stats for stats in self.steps if stats.step > after and condition(stats)), None)

            stats = self.changed.wait_for(found, 30)
            assert stats is not None
            return stats

    def wait_for_abort(self, count: int) -> int:
        """The last step before the engine received the abort after the first ``count`` aborts."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.aborted_after) > count, 30)
            return self.aborted_after[count]


class WatchedClient(EngineClient):
    """Sends a command behind each abort. The engine answers in order, so its answer is behind the steps before it."""

    watched: Watched

    def abort(self, ids: Iterable[str]) -> None:
        super().abort(ids)
        self._supervisor.send(encode(UnloadAdapter(MARK)))

    def _handle(self, event: EngineEvent) -> None:
        if event == AdapterUnloaded(MARK):
            with self.watched.changed:
                self.watched.aborted_after.append(self.watched.steps[-1].step)
                self.watched.changed.notify_all()
        else:
            super()._handle(event)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[tuple[str, int], Watched]]:
    path = served_model(tmp_path_factory.mktemp("tiny"), max_position_embeddings=40_000, num_hidden_layers=8)
    watched = Watched()
    config = engine_config(path, threads=1, num_blocks=8000, block_size=16, max_num_seqs=16, max_batch_tokens=64)
    metrics = Metrics()
    client = WatchedClient(config, restart_policy=restart_policy(), on_step=watched.record)
    client.watched = watched
    settings = Settings()
    model = fixed_model(client, Tokenizer.load(path), settings, metrics)
    app = create_app(settings, Registry([model]), metrics, authenticator=None, documents=open_documents(settings))
    with served(app) as (address, _):
        while httpx.get(f"http://127.0.0.1:{address[1]}/health/ready").status_code != httpx.codes.OK:
            pass
        yield address, watched


def last_abort_before(free: StepStats, watched: Watched) -> int:
    """The last step before the engine received the abort that freed the blocks."""
    return max(step for step in watched.aborted_after if step < free.step)


CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "decoding": ("/v1/generate", ENDLESS),
    "streaming": ("/v1/generate", ENDLESS | {"stream": True}),
    "n": ("/v1/completions", ENDLESS | {"n": 8}),
    "mid-prefill": ("/v1/generate", ENDLESS | {"prompt": LONG}),
    "mid-prefill of a stream": ("/v1/generate", ENDLESS | {"prompt": LONG, "stream": True}),
    "translation": ("/v1/translate", {"text": SEGMENTS, "target_lang": "fr", "max_tokens": 500, "ignore_eos": True}),
}


@pytest.mark.parametrize("case", CASES)
def test_blocks_are_free_a_step_after_the_engine_receives_the_abort(
    service: tuple[tuple[str, int], Watched], case: str
) -> None:
    address, watched = service
    path, body = CASES[case]
    with connection(address) as stays:  # keeps the engine computing, and is not disturbed
        stays.sendall(post_bytes("/v1/generate", json.dumps(ENDLESS | {"stream": True}).encode()))
        read_until(stays, b"data: ")
        alone = watched.wait(lambda stats: (stats.num_running, stats.num_waiting) == (1, 0))
        with connection(address) as leaves:
            leaves.sendall(post_bytes(path, json.dumps(body).encode()))
            watched.wait(lambda stats: stats.num_running > 1)
            aborts = len(watched.aborted_after)
        aborted_after = watched.wait_for_abort(aborts)
        free = watched.wait(lambda stats: (stats.num_running, stats.num_waiting) == (1, 0), after=aborted_after)
        assert free.blocks_used <= alone.blocks_used + 1 + (free.step - alone.step) // 16
        assert free.step == last_abort_before(free, watched) + 1, case


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_while_it_waits_leaves_nothing_behind(
    service: tuple[tuple[str, int], Watched], stream: bool
) -> None:
    address, watched = service
    with connection(address) as stays:
        stays.sendall(post_bytes("/v1/completions", json.dumps(ENDLESS | {"n": 16, "stream": True}).encode()))
        read_until(stays, b"data: ")
        watched.wait(lambda stats: stats.num_running == 16)
        with connection(address) as leaves:
            leaves.sendall(post_bytes("/v1/completions", json.dumps(ENDLESS | {"n": 4, "stream": stream}).encode()))
            watched.wait(lambda stats: stats.num_waiting == 4)
            aborts = len(watched.aborted_after)
        aborted_after = watched.wait_for_abort(aborts)
        free = watched.wait(lambda stats: stats.num_waiting == 0, after=aborted_after)
        assert free.step == last_abort_before(free, watched) + 1
