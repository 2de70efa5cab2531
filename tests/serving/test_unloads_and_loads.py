"""Loads and unloads while the service serves: nothing that was begun is lost, and nothing is left behind."""

import asyncio
import signal
from collections import Counter
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest

from benchmarks.many_models.traffic import Ask, Tally, chat, question, send, texts, traffic
from tests.running_server import Server
from tests.serving.many_models import load_as_at_the_start
from tests.serving.tiny_service import SECONDS, Tables, change, metric, serving, state, states, until, workers

MODELS = ("chat", "later", "reader", "embedder")
CLIENTS = 32
PAUSE = 1.0  # seconds between two requests of a client: they leave most of a core to the loads
LIMITS = httpx.Limits(max_connections=None, keepalive_expiry=1.0)


@pytest.fixture(scope="module")
def server(many_models: Server) -> Server:
    load_as_at_the_start(many_models)
    return many_models


def running(server: Server, model: str) -> float:
    """The sequences of this model in its engine's batch."""
    return metric(server, model, "trivium_sequences_running")


def has_begun(server: Server, model: str) -> bool:
    """Whether the engine of this model has sent a token."""
    return metric(server, model, "trivium_generated_tokens_total") > 0


def all_answered_more(tally: Tally, before: Counter[str]) -> bool:
    return all(tally.answered[model] > before[model] for model in MODELS)


async def act(http: httpx.AsyncClient, model: str, action: str) -> str:
    response = await http.post(f"/v1/models/{model}/{action}")
    return str(response.raise_for_status().json()["state"])


def test_a_stream_of_a_model_on_demand_beats_while_it_loads(server: Server) -> None:
    assert states(server)["later"] == "unloaded"
    stream = server.http.post("/v1/chat/completions", json=chat("later", stream=True).body)
    first, *rest = stream.text.split("\n\n")
    assert first == ": ping"
    assert rest[-2:] == ["data: [DONE]", ""]
    assert '"error"' not in stream.text
    assert states(server)["later"] == "ready"
    assert change(server, "later", "unload").json()["state"] == "unloaded"


async def test_clients_that_wait_for_a_load_share_it_and_are_all_answered(server: Server) -> None:
    engines = len(workers(server)["engine"])
    tally = Tally()
    asks = [chat("later", stream=bool(number % 2)) for number in range(CLIENTS)]
    async with httpx.AsyncClient(base_url=server.url, timeout=SECONDS, limits=LIMITS) as http:
        await asyncio.gather(*(send(http, ask, tally) for ask in asks))
    assert (tally.answered["later"], tally.refused, tally.lost) == (CLIENTS, {}, [])
    assert len(workers(server)["engine"]) == engines + 1


async def test_an_unload_lets_every_request_in_flight_end(server: Server) -> None:
    ask = chat("chat", stream=True, tokens=1000)
    tally = Tally()
    async with httpx.AsyncClient(base_url=server.url, timeout=SECONDS, limits=LIMITS) as http:
        async with http.stream("POST", ask.path, json=ask.body) as stream:
            parts = stream.aiter_text()
            await anext(parts)
            unload = asyncio.create_task(act(http, "chat", "unload"))
            await until(lambda: states(server)["chat"] == "unloading")
            assert not await send(http, chat("chat"), tally)
            assert not unload.done()
            text = "".join([part async for part in parts])
        assert text.endswith("data: [DONE]\n\n")
        assert '"completion_tokens":1000' in text
        assert await unload == "unloaded"
        assert not await send(http, chat("chat"), tally)
        assert (tally.refused["chat"], tally.lost) == (2, [])
        assert await act(http, "chat", "load") == "ready"


@pytest.mark.timeout(3 * SECONDS)
@pytest.mark.parametrize(
    ("changed", "pause"),
    [
        pytest.param(("chat", "embedder"), PAUSE, id="chat+embedder"),
        pytest.param(("chat", "embedder"), 0.0, id="chat+embedder, saturated", marks=pytest.mark.slow),
        pytest.param(("later", "reader"), 0.0, id="later+reader, saturated", marks=pytest.mark.slow),
    ],
)
async def test_under_traffic_every_request_is_answered_whole_or_refused_at_once(
    server: Server, changed: tuple[str, ...], pause: float
) -> None:
    kinds: list[Ask] = [
        chat("chat"), chat("chat", stream=True), chat("later"), chat("later", stream=True), question("reader"),
        texts("embedder"),
    ]  # fmt: skip
    asks = [kinds[number % len(kinds)] for number in range(CLIENTS)]
    process = psutil.Process(server.process.pid)
    async with httpx.AsyncClient(base_url=server.url, timeout=SECONDS, limits=LIMITS) as http:
        for model in MODELS:
            assert await act(http, model, "load") == "ready"
        files = process.num_fds()
        async with traffic(server.url, asks, pause=pause) as tally:
            for model in changed:
                answered = tally.answered.copy()
                await act(http, model, "unload")
                if model != "later":  # a model on demand comes back by itself
                    assert await act(http, model, "load") == "ready"
                await until(partial(all_answered_more, tally, answered))
        assert tally.lost == []
        assert tally.refused["later"] == 0
        for model in ("chat", "later"):
            await send(http, chat(model, tokens=1), tally)  # the engine reports what it holds with each step
    assert (len(workers(server)["engine"]), len(workers(server)["encoder"])) == (2, 2)
    for model in ("chat", "later"):
        assert running(server, model) == metric(server, model, "trivium_sequences_waiting") == 0
        assert metric(server, model, "trivium_kv_cache_usage_ratio") == 0
    assert process.num_fds() <= files


def test_an_unloaded_model_has_no_process_no_memory_and_no_gauge_but_its_state(server: Server) -> None:
    for model in MODELS:
        assert change(server, model, "unload").json()["state"] == "unloaded"
        assert state(server, model)["memory_bytes"] == 0
        assert metric(server, model, "trivium_model_state", state="unloaded") == 1
        with pytest.raises(KeyError):
            metric(server, model, "trivium_model_memory_bytes")
    assert workers(server) == {"engine": [], "encoder": []}
    assert server.http.get("/health/ready").status_code == 200  # a model on demand still serves


@pytest.mark.slow
async def test_a_model_gives_way_for_another_and_comes_back(many_models_files: Path, tmp_path: Path) -> None:
    """The budget has room for one language model and for the reader."""
    engine: dict[str, object] = {"source": many_models_files / "chat", "load": "demand", "kv_cache_memory": "8MiB"}
    models: Tables = {
        "old": engine,
        "new": engine,
        "reader": {"source": many_models_files / "reader", "load": "demand", "idle_seconds": 1},
        "huge": engine | {"kv_cache_memory": "1GiB"},
    }
    with serving(tmp_path, models, "--memory-budget", "12MiB") as server:
        for model, other in (("old", "new"), ("new", "old")):
            assert server.http.post("/v1/chat/completions", json=chat(model).body).json()["model"] == model
            assert (states(server)[model], states(server)[other]) == ("ready", "unloaded")
        assert server.http.post("/v1/answer", json=question("reader").body).status_code == 200
        assert (states(server)["new"], len(workers(server)["engine"])) == ("ready", 1)
        refused = server.http.post("/v1/chat/completions", json=chat("huge").body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "no_memory")
        await until(lambda: states(server)["reader"] == "unloaded")
        assert states(server)["new"] == "ready", "only the reader has idle_seconds"


async def test_at_the_end_the_open_requests_of_all_models_finish(many_models_files: Path, tmp_path: Path) -> None:
    models: Tables = {"chat": {"source": many_models_files / "chat"}, "second": {"source": many_models_files / "chat"}}
    with serving(tmp_path, models) as server:
        asks = [chat(model, stream=True, tokens=500) for model in ("chat", "second")] * 2
        async with httpx.AsyncClient(base_url=server.url, timeout=SECONDS, limits=LIMITS) as http:
            tally = Tally()
            sending = [asyncio.create_task(send(http, ask, tally)) for ask in asks]
            await until(lambda: all(has_begun(server, model) for model in ("chat", "second")))
            server.process.send_signal(signal.SIGTERM)
            await asyncio.gather(*sending)
            assert (tally.answered, tally.lost) == ({"chat": 2, "second": 2}, [])
        assert await asyncio.to_thread(server.process.wait, 60) == 0
