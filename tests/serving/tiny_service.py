"""A service of several tiny models as its users run it: what it says of its models, and the processes that it has."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from tests.running_server import Server, running_server

Tables = Mapping[str, Mapping[str, Any]]  # the keys of the table of each model

SECONDS = 280  # that a slow machine may take to load models

WORKERS = {"service.engine.worker": "engine", "service.encoder.worker": "encoder"}


@contextmanager
def serving(directory: Path, models: Tables, *flags: str) -> Iterator[Server]:
    """Serve the models of these tables, by their names, until the block ends. The first is also given by its name."""
    config = directory / "trivium.toml"
    tables = [
        f'[models."{name}"]\n' + "".join(f"{key} = {_toml(value)}\n" for key, value in table.items())
        for name, table in models.items()
    ]
    config.write_text("\n".join(tables), encoding="utf-8")
    with running_server(next(iter(models)), "--config", str(config), "--threads", "1", *flags) as server:
        yield server


def state(server: Server, model: str) -> dict[str, Any]:
    """What the service says of one model."""
    described: dict[str, Any] = server.http.get(f"/v1/models/{model}").raise_for_status().json()
    return described


def states(server: Server) -> dict[str, str]:
    """The state of each model."""
    return {model["id"]: model["state"] for model in server.http.get("/v1/models").json()["data"]}


async def until(condition: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Return as soon as the condition holds. Raises TimeoutError if it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        await asyncio.sleep(0.05)  # no event announces it, and the service needs the processor that the question takes


def change(server: Server, model: str, action: str) -> httpx.Response:
    """Load or unload a model."""
    return server.http.post(f"/v1/models/{model}/{action}")


def metric(server: Server, model: str, name: str, **labels: str) -> float:
    """The value of one sample of /metrics with the label of this model. Raises KeyError."""
    lines = [line for line in server.http.get("/metrics").text.splitlines() if line.startswith(name)]
    for family in text_string_to_metric_families("\n".join(lines)):
        for sample in family.samples:
            if sample.name == name and sample.labels == {"model": model} | labels:
                return float(sample.value)
    raise KeyError(name)


def deaths(server: Server, model: str, process: str) -> float:
    """How often the model's process has ended by itself. Without a death there is no such metric."""
    try:
        return metric(server, model, "trivium_process_deaths_total", cause="exit", process=process)
    except KeyError:
        return 0


def workers(server: Server) -> dict[str, list[psutil.Process]]:
    """The child processes of the service, by their kind."""
    found: dict[str, list[psutil.Process]] = {kind: [] for kind in WORKERS.values()}
    for process in psutil.Process(server.process.pid).children(recursive=True):
        for module, kind in WORKERS.items():
            if module in process.cmdline():
                found[kind].append(process)
    return found


def _toml(value: Any) -> str:
    return json.dumps(str(value) if isinstance(value, Path) else value)
