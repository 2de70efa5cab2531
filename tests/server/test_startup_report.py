"""The watch over the start of the models, and what it reports."""

import errno
import io
import json
import logging
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import uvicorn

from model_store.types import LocalModel
from service.server.startup_report import StartupWatch, engine_facts, model_facts, report
from tests.fakes.engine_info import engine_info
from tests.serving.scripted_registry import ScriptedFiles, registry, served_model


class Startup:
    """A watch over two models, each of which loads or fails."""

    def __init__(self, first: str = "", second: str = "") -> None:
        self.server = SimpleNamespace(should_exit=False)
        self.first = served_model("first", ScriptedFiles(fails=first))
        self.second = served_model("second", ScriptedFiles(fails=second))
        self.registry = registry(self.first, self.second)
        self.ready = 0
        self.watch = StartupWatch(cast(uvicorn.Server, self.server), self.registry, self._count)

    def _count(self) -> None:
        self.ready += 1


async def test_readiness_is_reported_once_when_all_models_have_been_tried() -> None:
    startup = Startup(second="no such device")
    await startup.watch.check()
    assert startup.ready == 0
    await startup.registry.start()
    for _ in range(3):
        await startup.watch.check()
    assert (startup.ready, startup.server.should_exit, startup.watch.failure) == (1, False, "")
    assert model_facts(startup.second) == {"model": "second", "failed": "no such device"}


async def test_a_service_without_any_model_stops() -> None:
    startup = Startup("no such device", "no such file")
    await startup.registry.start()
    await startup.watch.check()
    assert startup.server.should_exit
    assert "first cannot be loaded: no such device" in startup.watch.failure
    assert "second cannot be loaded: no such file" in startup.watch.failure
    assert startup.ready == 0


def test_the_report_is_a_table_or_a_json_line(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    model = LocalModel(name="tiny", path=Path("/nonexistent"), notes=("not tested",))
    kernels = {"backend": "native", "kernels": "avx2", "kernels_reason": "the fastest that this processor runs"}
    facts = engine_facts("tiny", model, engine_info(num_blocks=100, block_size=10, max_model_len=100, **kernels))
    report([facts], as_json=False)
    table = capsys.readouterr().err
    assert "Trivium is ready" in table
    assert all(value in table for value in facts.values())
    with caplog.at_level(logging.INFO, "service.server.startup_report"):
        report([facts], as_json=True)
    (line,) = caplog.records
    assert (line.getMessage(), json.dumps(vars(line)["kv cache"])[:2]) == ("ready", '"1')
    assert "10 sequences of full length" in facts["kv cache"]
    assert facts["kernels"] == "avx2: the fastest that this processor runs"


def test_a_closed_terminal_does_not_end_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    class ClosedTerminal(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(sys, "stderr", ClosedTerminal())
    report([{"model": "tiny"}, {"model": "other"}], as_json=False)
