"""Sources are tried in order until one has the artifact."""

import hashlib
from pathlib import Path

import pytest

from model_store.catalog import Artifact, HubFile
from model_store.errors import NoSource
from model_store.sources.obtain import is_artifact, obtain
from model_store.transfer.network import Network
from tests.model_store import fake_hub
from tests.model_store.file_server import FileServer

BODY = b"GGUF" * 100
ARTIFACT = Artifact("model.gguf", len(BODY), hashlib.sha256(BODY).hexdigest())
FIRST, SECOND = HubFile("org/first", "model.gguf"), HubFile("org/second", "model.gguf")


@pytest.mark.parametrize(
    ("content", "expected"), [(BODY, True), (BODY[::-1], False), (BODY + b"x", False), (None, False)]
)
def test_an_artifact_has_the_pinned_bytes(tmp_path: Path, content: bytes | None, expected: bool) -> None:
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    assert is_artifact(path, ARTIFACT) is expected


def test_the_next_source_is_tried_after_a_failure(server: FileServer, network: Network, tmp_path: Path) -> None:
    fake_hub.publish(server, "org/second", {"model.gguf": BODY})
    path = obtain("tiny", ARTIFACT, (FIRST, SECOND), tmp_path / "new", network)
    assert path == tmp_path / "new" / "model.gguf"
    assert path.read_bytes() == BODY


def test_no_source_is_asked_for_an_artifact_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(BODY)
    assert obtain("tiny", ARTIFACT, (), tmp_path, Network(offline=True)) == tmp_path / "model.gguf"


def test_further_files_come_from_the_same_source(server: FileServer, network: Network, tmp_path: Path) -> None:
    further = Artifact("1_Pooling/config.json", 2, hashlib.sha256(b"{}").hexdigest())
    fake_hub.publish(server, "org/first", {"model.gguf": BODY})
    fake_hub.publish(server, "org/second", {"model.gguf": BODY, "1_Pooling/config.json": b"{}"})
    obtain("tiny", ARTIFACT, (FIRST, SECOND), tmp_path, network, (further,))
    assert (tmp_path / "1_Pooling" / "config.json").read_bytes() == b"{}"
    server.resources.clear()
    assert obtain("tiny", ARTIFACT, (FIRST,), tmp_path, network, (further,)).read_bytes() == BODY
    (tmp_path / "1_Pooling" / "config.json").write_bytes(b"[]")
    with pytest.raises(NoSource):
        obtain("tiny", ARTIFACT, (FIRST,), tmp_path, network, (further,))


def test_all_failures_are_listed_in_order(server: FileServer, network: Network, tmp_path: Path) -> None:
    with pytest.raises(NoSource, match="cannot get tiny") as caught:
        obtain("tiny", ARTIFACT, (SECOND, FIRST), tmp_path, network)
    assert [source for source, _ in caught.value.failures] == ["hub org/second", "hub org/first"]
    assert all("404" in reason for _, reason in caught.value.failures)
