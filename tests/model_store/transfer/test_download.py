"""Downloads of one file: checked, resumed, retried, and never left half written."""

import hashlib
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from model_store.errors import ChecksumMismatch, NotEnoughSpace, SourceError
from model_store.transfer import download
from model_store.transfer.download import RemoteFile, fetch
from model_store.transfer.network import Network
from tests.model_store.file_server import FileServer, Resource

BODY = bytes(range(256)) * (20 << 10)  # 5 MiB
SHA256 = hashlib.sha256(BODY).hexdigest()

Fetch = Callable[..., None]


@pytest.fixture
def get(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fetch:
    """Downloads ``/file`` into ``file``. Keywords change the known size and checksum."""
    monkeypatch.setattr(download, "BACKOFF", 0.001)

    def run(**known: Any) -> None:
        expected: dict[str, Any] = {"size": len(BODY), "sha256": SHA256} | known
        remote = RemoteFile(f"{server.url}/file", "file", **expected)
        with Network().client() as client:
            fetch(client, remote, tmp_path / "file")

    return run


def test_a_file_is_downloaded_and_no_partial_file_is_left(server: FileServer, get: Fetch, tmp_path: Path) -> None:
    server.resources["/file"] = Resource(BODY)
    get()
    assert (tmp_path / "file").read_bytes() == BODY
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("known", [{"size": None}, {"size": None, "sha256": ""}, {"sha256": ""}])
def test_size_and_checksum_may_be_unknown(server: FileServer, get: Fetch, tmp_path: Path, known: dict) -> None:
    server.resources["/file"] = Resource(BODY)
    get(**known)
    assert (tmp_path / "file").read_bytes() == BODY


def test_an_empty_file_is_a_file(server: FileServer, get: Fetch, tmp_path: Path) -> None:
    server.resources["/file"] = Resource(b"")
    get(size=0, sha256=hashlib.sha256(b"").hexdigest())
    assert (tmp_path / "file").read_bytes() == b""


def test_an_interrupted_transfer_is_resumed_where_it_stopped(server: FileServer, get: Fetch, tmp_path: Path) -> None:
    server.resources["/file"] = Resource(BODY, break_after=[2 << 20, 1 << 20])
    get()
    assert (tmp_path / "file").read_bytes() == BODY
    assert server.ranges("/file") == [None, f"bytes={2 << 20}-", f"bytes={3 << 20}-"]


def test_without_ranges_the_transfer_starts_again(server: FileServer, get: Fetch, tmp_path: Path) -> None:
    server.resources["/file"] = Resource(BODY, ranges=False, break_after=[3 << 20])
    get()
    assert (tmp_path / "file").read_bytes() == BODY
    assert server.ranges("/file") == [None, f"bytes={3 << 20}-"]


@pytest.mark.parametrize("ranges", [True, False])
def test_a_partial_file_with_other_bytes_is_discarded(
    server: FileServer, get: Fetch, tmp_path: Path, ranges: bool
) -> None:
    server.resources["/file"] = Resource(BODY, ranges=ranges)
    (tmp_path / "file.part").write_bytes(b"x" * 1000)
    get()
    assert (tmp_path / "file").read_bytes() == BODY
    assert server.ranges("/file") == (["bytes=1000-", None] if ranges else ["bytes=1000-"])


def test_a_complete_partial_file_is_only_renamed(server: FileServer, get: Fetch, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(BODY)
    get()
    assert (tmp_path / "file").read_bytes() == BODY
    assert server.requests == []


@pytest.mark.parametrize("size", [len(BODY), None])
def test_a_partial_file_that_is_too_long_is_downloaded_again(
    server: FileServer, get: Fetch, tmp_path: Path, size: int | None
) -> None:
    server.resources["/file"] = Resource(BODY)
    (tmp_path / "file.part").write_bytes(BODY + b"more")
    get(size=size)
    assert (tmp_path / "file").read_bytes() == BODY


def test_a_partial_file_is_not_used_without_a_checksum(server: FileServer, get: Fetch, tmp_path: Path) -> None:
    server.resources["/file"] = Resource(BODY)
    (tmp_path / "file.part").write_bytes(b"x" * 1000)
    get(sha256="")
    assert (tmp_path / "file").read_bytes() == BODY


def test_corrupt_bytes_are_refused_and_deleted(server: FileServer, get: Fetch, tmp_path: Path) -> None:
    server.resources["/file"] = Resource(BODY[:-1] + b"?")
    (tmp_path / "other").write_text("the user's")
    with pytest.raises(ChecksumMismatch, match=f"instead of {SHA256}"):
        get()
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_an_existing_file_survives_a_failed_download(server: FileServer, get: Fetch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("the user's")
    server.resources["/file"] = Resource(b"?" * len(BODY))
    with pytest.raises(ChecksumMismatch):
        get()
    assert (tmp_path / "file").read_text() == "the user's"


def test_a_file_of_another_length_is_refused(server: FileServer, get: Fetch) -> None:
    server.resources["/file"] = Resource(BODY + b"more")
    with pytest.raises(ChecksumMismatch, match=f"more than {len(BODY)} bytes"):
        get()
    server.resources["/file"] = Resource(BODY[:-1])
    with pytest.raises(ChecksumMismatch, match=f"{len(BODY) - 1} bytes instead of {len(BODY)}"):
        get()


def test_git_hashes_are_checked_too(server: FileServer, get: Fetch, tmp_path: Path) -> None:
    server.resources["/file"] = Resource(b"hello\n")
    get(size=6, sha256="", git_sha1="ce013625030ba8dba906f756967f9e9ca394464a")  # what git calls this file
    server.resources["/file"] = Resource(b"hellO\n")
    with pytest.raises(ChecksumMismatch, match="git hash"):
        get(size=6, sha256="", git_sha1="ce013625030ba8dba906f756967f9e9ca394464a")


def test_a_busy_server_is_retried_and_a_missing_file_is_not(server: FileServer, get: Fetch, tmp_path: Path) -> None:
    server.resources["/file"] = Resource(BODY, failures=[503, 429])
    get()
    assert (tmp_path / "file").read_bytes() == BODY
    del server.resources["/file"]
    server.requests.clear()
    with pytest.raises(SourceError, match="404"):
        get()
    assert len(server.requests) == 1


def test_the_download_ends_after_attempts_without_progress(server: FileServer, get: Fetch, tmp_path: Path) -> None:
    server.resources["/file"] = Resource(BODY, break_after=[1 << 20, *([0] * 20)])
    with pytest.raises(SourceError, match="broke off"):
        get()
    assert len(server.requests) == 1 + 5
    assert (tmp_path / "file.part").stat().st_size == 1 << 20  # kept for the next attempt


def test_an_unreachable_server_is_named_without_its_password(tmp_path: Path) -> None:
    with FileServer() as ended:
        port = httpx.URL(ended.url).port
    remote = RemoteFile(f"http://user:secret@127.0.0.1:{port}/file", "file", 1, SHA256)
    with Network().client() as client, pytest.raises(SourceError) as caught:
        fetch(client, remote, tmp_path / "file")
    assert f"cannot reach http://127.0.0.1:{port}/file" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_token_does_not_follow_a_redirect_to_another_host(server: FileServer, tmp_path: Path) -> None:
    with FileServer() as other:
        other.resources["/blob"] = Resource(BODY)
        server.resources["/file"] = Resource(status=302, headers={"Location": f"{other.url}/blob"})
        remote = RemoteFile(f"{server.url}/file", "file", len(BODY), SHA256, headers={"Authorization": "Bearer x"})
        with Network().client() as client:
            fetch(client, remote, tmp_path / "file")
        assert server.requests[0][2]["authorization"] == "Bearer x"
        assert "authorization" not in other.requests[0][2]


def test_a_full_disk_is_noticed_beforehand(server: FileServer, get: Fetch) -> None:
    with pytest.raises(NotEnoughSpace, match="bytes more"):
        get(size=1 << 60)
    assert server.requests == []


def test_the_progress_is_logged(server: FileServer, get: Fetch, caplog: pytest.LogCaptureFixture) -> None:
    server.resources["/file"] = Resource(BODY)
    with caplog.at_level(logging.INFO, "model_store.transfer.progress"):
        get()
    assert caplog.messages[0] == "file: 0 bytes of 5.2 MB (0%)"
    assert caplog.messages[-1] == "file: 5.2 MB of 5.2 MB (100%)"
    assert len(caplog.messages) == 6  # one for each MiB


def test_the_download_of_a_killed_process_is_resumed(server: FileServer, get: Fetch, tmp_path: Path) -> None:
    release = threading.Event()

    def wait(sent: int) -> None:
        if sent >= 3 << 20:
            release.wait()

    server.resources["/file"] = Resource(BODY, before_byte=wait)
    script = (
        "import logging, sys; from pathlib import Path\n"
        "from model_store.transfer.download import RemoteFile, fetch\n"
        "from model_store.transfer.network import Network\n"
        "logging.basicConfig(level=logging.INFO, format='%(message)s')\n"
        "remote = RemoteFile(sys.argv[1], 'file', int(sys.argv[2]), sys.argv[3])\n"
        "fetch(Network().client(), remote, Path(sys.argv[4]))\n"
    )
    arguments = [f"{server.url}/file", str(len(BODY)), SHA256, str(tmp_path / "file")]
    child = subprocess.Popen([sys.executable, "-c", script, *arguments], stderr=subprocess.PIPE, text=True)
    assert child.stderr is not None
    while "3.1 MB" not in (line := child.stderr.readline()):
        assert line, "the child ended"
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    release.set()
    assert not (tmp_path / "file").exists()
    assert (tmp_path / "file.part").stat().st_size == 3 << 20
    get()
    assert (tmp_path / "file").read_bytes() == BODY
    assert server.ranges("/file") == [None, f"bytes={3 << 20}-"]
