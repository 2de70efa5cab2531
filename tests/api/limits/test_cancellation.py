"""A client that disconnects leaves nothing in the real engine, one step after the engine receives the abort."""

import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from service.api.app import create_app
from service.documents.opening import open_documents
from service.engine.client import EngineClient
from service.engine.protocol.outputs import StepStats
from service.metrics import Metrics
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
LATE = 3  # steps: when the abort arrives, one may be in progress, and the reports of two may be on their way


@dataclass
class Watched:
    """The steps that the API process receives, and the step before each abort."""

    steps: list[StepStats] = field(default_factory=list)
    aborted_at: list[int] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def record(self, stats: StepStats) -> None:
        with self.changed:
            self.steps.append(stats)
            self.changed.notify_all()

    def wait(self, condition: Any) -> StepStats:
        """The next step for which the condition is true."""
        with self.changed:
            seen = len(self.steps)
            assert self.changed.wait_for(lambda: any(map(condition, self.steps[seen:])), 30)
            return next(filter(condition, self.steps[seen:]))


class WatchedClient(EngineClient):
    """Records the step at which it sends each abort to the engine."""

    watched: Watched

    def abort(self, ids: Iterable[str]) -> None:
        with self.watched.changed:
            self.watched.aborted_at.append(self.watched.steps[-1].step)
        super().abort(ids)


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
            watched.aborted_at.clear()
        free = watched.wait(lambda stats: (stats.num_running, stats.num_waiting) == (1, 0))
        assert free.blocks_used <= alone.blocks_used + 1 + (free.step - alone.step) // 16
        assert free.step - watched.aborted_at[-1] <= LATE, case


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
            watched.aborted_at.clear()
        free = watched.wait(lambda stats: stats.num_waiting == 0)
        assert free.step - watched.aborted_at[-1] <= LATE
