"""Fixtures of the model store's tests: a local server, a tiny artifact, and a store that uses only these."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model_store.catalog import Catalog, parse
from model_store.store import Store
from model_store.transfer.network import Network
from tests.model_store import fake_hub, tiny
from tests.model_store.file_server import FileServer
from tests.models_fixture import default_model, gemma3, larger_model, minilm, smollm2

__all__ = ["default_model", "gemma3", "larger_model", "minilm", "smollm2"]


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer() as running:
        yield running


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A complete model in one small GGUF file."""
    path = tmp_path_factory.mktemp("artifact") / "tiny.gguf"
    tiny.write_gguf(tiny.make("qwen2"), path)
    return path.read_bytes()


@pytest.fixture
def hub(server: FileServer, artifact: bytes) -> FileServer:
    """The server, with the artifact on its hub."""
    fake_hub.publish(server, "org/tiny", {"tiny.gguf": artifact})
    return server


@pytest.fixture
def catalog(artifact: bytes) -> Catalog:
    """One model, ``tiny``: on the hub as a file, and in two wheels."""
    wheels = [{"project": f"Tiny.Part{n}", "version": "1.0", "member": f"tiny/part{n}.bin"} for n in (1, 2)]
    entry = {
        "description": "a test",
        "licence": "Apache-2.0",
        "languages": ["en"],
        "context_length": 512,
        "tested": True,
        "artifact": {"file": "tiny.gguf", "size": len(artifact), "sha256": hashlib.sha256(artifact).hexdigest()},
        "sources": [{"type": "hub", "repo": "org/tiny", "file": "tiny.gguf"}, {"type": "pypi", "wheels": wheels}],
    }
    return parse({"default": "tiny", "models": {"tiny": entry}})


@pytest.fixture
def network(server: FileServer) -> Network:
    """Everything comes from the local server."""
    return Network(hub=server.url, index=f"{server.url}/simple")


@pytest.fixture
def make_store(tmp_path: Path, catalog: Catalog, network: Network) -> Callable[..., Store]:
    """A store in a temporary directory; keywords as for ``Store``."""

    def make(**changes: object) -> Store:
        return Store(**{"root": tmp_path / "store", "network": network, "models": catalog} | changes)  # type: ignore[arg-type]

    return make
