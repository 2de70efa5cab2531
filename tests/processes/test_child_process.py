"""The engine process from its start to its end, whoever ends first."""

import subprocess
import sys
from pathlib import Path

import msgspec
import psutil
import pytest

from service.engine import ENGINE_WORKER
from service.engine.client import EngineClient
from service.errors import ProcessError
from service.processes.child_process import ChildProcess
from tests.engine.configs import engine_config

ROOT = Path(__file__).parents[2]


def test_it_ends_with_a_parent_that_has_told_it_nothing() -> None:
    """Its standard input ends then, and nothing else tells it."""
    code = (
        "from service.processes.child_process import ChildProcess; import os;"
        "process = ChildProcess('service.engine.worker'); print(process.directory, flush=True); os._exit(0)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        directory = parent.communicate(timeout=120)[0].strip()  # both write there: it ends when both have ended
    assert directory
    assert not Path(directory).exists()


def test_one_that_is_not_needed_leaves_nothing() -> None:
    with ChildProcess(ENGINE_WORKER) as process:
        assert Path(process.directory).is_dir()
    assert not Path(process.directory).exists()
    assert process.wait() == -9
    process.close()


async def test_a_module_that_cannot_be_imported_is_told_by_its_exit_code(capfd: pytest.CaptureFixture[str]) -> None:
    client = EngineClient(engine_config("nowhere"), process=ChildProcess("service.no_such_module"))
    with pytest.raises(ProcessError, match="the engine process ended with exit code 1"):
        await client.start()
    await client.close()
    assert "No module named service.no_such_module" in capfd.readouterr().err


async def test_what_fails_while_it_imports_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_worker.py").write_text(
        "import sys; from service.engine import worker\n"
        "def import_runner(): raise ImportError('there is no such library')\n"
        "sys.exit(worker.main(import_runner))\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")
    client = EngineClient(engine_config("nowhere"), process=ChildProcess("broken_worker"))
    with pytest.raises(ProcessError, match="ImportError: there is no such library"):
        await client.start()
    await client.close()


async def test_a_client_without_one_starts_its_own_and_removes_it(tmp_path: Path) -> None:
    client = EngineClient(engine_config(tmp_path))
    with pytest.raises(ProcessError, match="holds no model"):
        await client.start()
    assert client.pid is None
    assert not psutil.Process().children()
    await client.close()


def test_telling_one_that_has_ended_is_no_error(tmp_path: Path) -> None:
    with ChildProcess("service.no_such_module") as process:
        assert process.wait() == 1
        process.configure(msgspec.json.encode(engine_config(tmp_path)))
