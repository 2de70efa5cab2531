"""The unit of systemd: systemd reads it, it hardens the service, and it fits how that stops and what it writes."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli.main import app
from service.settings import Settings

UNIT = Path(__file__).parents[2] / "deploy/systemd/trivium.service"
ANALYZE = shutil.which("systemd-analyze")


@pytest.fixture(scope="module")
def directives() -> dict[str, list[str]]:
    """The values of each directive."""
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        if match := re.fullmatch(r"(\w+)=(.*)", line):
            found.setdefault(match[1], []).append(match[2])
    return found


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    """systemd-analyze with these arguments."""
    if ANALYZE is None:
        pytest.skip("systemd-analyze is not installed (Debian package systemd)")
    return subprocess.run([ANALYZE, *arguments], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The unit, with a program that exists on this machine."""
    path = tmp_path / UNIT.name
    text = UNIT.read_text(encoding="utf-8")
    assert "=/opt/trivium/bin/trivium " in text
    path.write_text(text.replace("=/opt/trivium/bin/trivium ", f"={shutil.which('true')} "), encoding="utf-8")
    return path


def test_systemd_reads_the_unit_without_a_complaint(installed: Path) -> None:
    done = analyze("verify", "--man=no", str(installed))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_misspelt_directive_is_a_complaint(installed: Path) -> None:
    installed.write_text(installed.read_text(encoding="utf-8").replace("KillMode", "KillMoed"), encoding="utf-8")
    assert "KillMoed" in analyze("verify", "--man=no", str(installed)).stderr


def test_the_service_is_hardly_exposed(installed: Path) -> None:
    """By systemd's own measure, from 0 to 10; units without any hardening have 9.6."""
    done = analyze("security", "--offline=true", "--threshold=20", "--no-pager", str(installed))  # of 100
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_drain_has_its_time_and_engines_live_through_it(directives: dict[str, list[str]]) -> None:
    """Only the main process gets SIGTERM: an engine that got it too could finish no open request."""
    assert directives["TimeoutStopSec"] == [str(Settings.model_fields["shutdown_timeout"].default + 10)]
    assert directives["KillMode"] == ["mixed"]
    assert directives["OOMPolicy"] == ["continue"]  # else systemd stops all for the death of one engine
    assert "ExecReload" not in directives  # SIGHUP drains, and changed keys need no signal


def test_no_engine_loses_what_it_needs(directives: dict[str, list[str]]) -> None:
    assert "MemoryDenyWriteExecute" not in directives  # PyTorch's libraries write code
    assert "ProcSubset" not in directives  # /proc/meminfo and /proc/cpuinfo are read
    assert {"AF_INET", "AF_INET6", "AF_UNIX"} == set(directives["RestrictAddressFamilies"][0].split())
    assert int(directives["LimitNOFILE"][0]) >= 65536


def test_the_command_has_flags_of_the_service(directives: dict[str, list[str]]) -> None:
    (command,) = directives["ExecStart"]
    arguments = command.split()[1:]
    known = CliRunner().invoke(app, [arguments[0], "--help"], env={"COLUMNS": "400"}).output
    assert [each for each in arguments if each.startswith("--")] == ["--config"]
    assert "--config" in known


def test_the_directories_are_those_that_systemd_makes(directives: dict[str, list[str]]) -> None:
    """The service's cache is the directory ``trivium`` in that of XDG_CACHE_HOME; /var/cache is systemd's %C."""
    variables = dict(each.split("=") for each in directives["Environment"][0].split())
    assert variables == {"XDG_CACHE_HOME": "%C", "HOME": "%S/trivium"}
    assert directives["CacheDirectory"] == directives["StateDirectory"] == ["trivium"]
    assert directives["ProtectSystem"] == ["strict"]
    assert directives["WorkingDirectory"] == ["%S/trivium"]
