"""The address file: there while its service runs, for its user alone, and a remnant is never taken for a service."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from service.server.address_file import AddressFile, running_services

URL = "http://[::1]:8000"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the files of this user are, made when there is the first one."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / f"trivium-services-{os.getuid()}"


def test_the_file_is_there_while_the_service_runs(directory: Path) -> None:
    assert list(running_services()) == []
    with AddressFile(URL) as file:
        assert list(running_services()) == [URL]
        assert directory.stat().st_mode & 0o777 == 0o700
    file.close()
    assert list(running_services()) == []
    assert list(directory.iterdir()) == []


def test_each_service_has_its_own() -> None:
    with AddressFile(URL), AddressFile("http://127.0.0.1:1"):
        assert sorted(running_services()) == ["http://127.0.0.1:1", URL]


def test_a_remnant_is_removed_and_a_file_that_is_being_written_is_left_alone(directory: Path) -> None:
    directory.mkdir(mode=0o700)
    (directory / "remnant").write_text(URL, encoding="ascii")
    (directory / ".new").touch()
    assert list(running_services()) == []
    assert [path.name for path in directory.iterdir()] == [".new"]


def test_a_killed_service_leaves_a_remnant_at_most(directory: Path) -> None:
    code = (
        f"from service.server.address_file import AddressFile\nfile = AddressFile({URL!r})\nprint(flush=True)\ninput()"
    )
    environment = os.environ | {"TMPDIR": str(directory.parent)}
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert list(running_services()) == [URL]
        process.kill()
    assert list(running_services()) == []


@pytest.mark.parametrize("kind", ["writable for all", "a link", "a file"])
def test_nothing_is_read_or_written_where_others_can_write(
    kind: str, directory: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    match kind:
        case "writable for all":
            directory.mkdir()
            directory.chmod(0o777)
        case "a link":
            directory.symlink_to(elsewhere)
        case _:
            directory.touch()
    with AddressFile(URL):
        assert list(running_services()) == []
        assert list(elsewhere.iterdir()) == []
    assert "the health check will not find this service: cannot write" in caplog.text
