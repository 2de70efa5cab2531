"""The container's health check: exit 0 only if the service is ready. ``tests/server`` runs it beside a real service."""

import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from service.cli import healthcheck
from service.server.address_file import AddressFile
from tests.api.scripted import scripted_service
from tests.cli.running import ROOT
from tests.fakes.engine import ScriptedEngine


@pytest.fixture(autouse=True)
def _no_other_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def url(address: tuple[str, int]) -> str:
    return f"http://{address[0]}:{address[1]}"


def unused() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return url(listener.getsockname())


def test_a_ready_service_is_healthy() -> None:
    with scripted_service(ScriptedEngine()) as service:
        assert healthcheck.main([url(service.address)]) == 0


def test_a_loading_service_is_not_healthy() -> None:
    engine = ScriptedEngine()
    engine.may_load.clear()
    with scripted_service(engine) as service:
        assert healthcheck.main([url(service.address)]) == 1


def test_a_port_without_a_service_is_not_healthy() -> None:
    assert healthcheck.main([unused()]) == 1


@pytest.mark.parametrize("wrong", ["http://[::1", "http://127.0.0.1:many", "", "http://no-such-host.invalid:1"])
def test_a_wrong_url_is_not_healthy(wrong: str) -> None:
    assert healthcheck.main([wrong]) == 1


def test_without_a_url_it_asks_every_running_service() -> None:
    assert healthcheck.main([]) == 1
    with scripted_service(ScriptedEngine()) as service, AddressFile(url(service.address)):
        assert healthcheck.main([]) == 0
        with AddressFile(unused()):
            assert healthcheck.main([]) == 1


def test_it_imports_nothing_heavy() -> None:
    heavy = {"asyncio", "fastapi", "numpy", "pydantic", "torch", "typer", "uvicorn"}
    code = f"import sys, service.cli.healthcheck; print(*{heavy} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout == "\n"
