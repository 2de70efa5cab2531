"""The watch over the start of the engine and the reader, and what it reports."""

import json
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import uvicorn

from model_store.types import LocalModel
from service.engine.client import EngineClient
from service.server.startup_report import StartupWatch, engine_facts, report
from tests.fakes.engine_info import engine_info


class Startup:
    """A watch over an engine and a reader whose statuses a test sets."""

    def __init__(self) -> None:
        self.server = SimpleNamespace(should_exit=False)
        self.engine = SimpleNamespace(status="loading", reason="")
        self.reader = SimpleNamespace(status="loading", reason="")
        self.ready = 0
        clients = {"engine": cast(EngineClient, self.engine), "reader": cast(EngineClient, self.reader)}
        self.watch = StartupWatch(cast(uvicorn.Server, self.server), clients, self._count)

    def _count(self) -> None:
        self.ready += 1


async def test_readiness_is_reported_once_when_all_processes_are_ready() -> None:
    startup = Startup()
    await startup.watch.check()
    startup.engine.status = "ready"
    await startup.watch.check()
    assert startup.ready == 0
    startup.reader.status = "ready"
    for _ in range(3):
        await startup.watch.check()
    startup.reader.status = "dead"  # after the start, the supervisor handles deaths
    await startup.watch.check()
    assert (startup.ready, startup.server.should_exit, startup.watch.failure) == (1, False, "")


@pytest.mark.parametrize("name", ["engine", "reader"])
async def test_a_process_that_cannot_start_stops_the_server(name: str) -> None:
    startup = Startup()
    getattr(startup, name).status = "dead"
    getattr(startup, name).reason = "no such device"
    await startup.watch.check()
    assert startup.server.should_exit
    assert startup.watch.failure == f"the {name} cannot start: no such device"
    assert startup.ready == 0


def test_the_report_is_a_table_or_a_json_line(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    model = LocalModel(name="tiny", path=Path("/nonexistent"), notes=("not tested",))
    facts = engine_facts(model, engine_info(num_blocks=100, block_size=10, max_model_len=100))
    report(facts, as_json=False)
    table = capsys.readouterr().err
    assert "Trivium is ready" in table
    assert all(value in table for value in facts.values())
    with caplog.at_level(logging.INFO, "service.server.startup_report"):
        report(facts, as_json=True)
    (line,) = caplog.records
    assert (line.getMessage(), json.dumps(vars(line)["kv cache"])[:2]) == ("ready", '"1')
    assert "10 sequences of full length" in facts["kv cache"]
