"""``trivium doctor``: every check in order, what to do, and the exit code. ``tests/doctor`` tests each check."""

import json
import socket
from pathlib import Path

import pytest

from service.doctor import checks
from service.doctor.finding import Finding, ok
from service.settings import Settings
from tests.cli.running import trivium, trivium_here
from tests.engine.tiny_models import served_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "tiny"
    served_model(path)
    return path


def test_a_machine_that_can_serve_passes(model: Path) -> None:
    result = trivium("doctor", "--model", str(model), "--port", "0", "--device", "cpu")
    assert (result.returncode, result.stderr) == (0, "")
    lines = [line for line in result.stdout.splitlines() if not line.lstrip().startswith("->")]
    assert [line[9:20].strip() for line in lines[:-1]] == ["settings", *checks.CHECKS]
    assert lines[-1] == "Nothing prevents serving."


def test_a_port_in_use_prevents_serving(model: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        arguments = ["doctor", "--json", "--model", str(model), "--port", port, "--device", "cpu"]
        result = trivium_here(*arguments)
    found = json.loads(result.stdout)
    assert (result.returncode, found["can_serve"]) == (1, False)
    assert {each["name"] for each in found["checks"] if each["status"] == "problem"} == {"address"}
    assert all(each["advice"] for each in found["checks"] if each["status"] != "ok")


def test_a_wrong_setting_is_a_problem_and_no_end_of_the_command() -> None:
    result = trivium_here("doctor", "--json", TRIVIUM_PORTT="1")
    (only,) = json.loads(result.stdout)["checks"]
    assert (result.returncode, only["name"], only["status"]) == (1, "settings", "problem")
    assert only["facts"].startswith("TRIVIUM_PORTT: unknown setting")


def test_a_check_that_fails_does_not_keep_others_from_running(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Settings) -> Finding:
        raise RuntimeError("no such thing")

    monkeypatch.setattr(checks, "CHECKS", {"first": fail, "second": lambda _: ok("fine")})
    result = trivium_here("doctor")
    assert result.returncode == 1
    assert "problem  first     the check failed: RuntimeError: no such thing" in result.stdout
    assert "ok       second    fine" in result.stdout
