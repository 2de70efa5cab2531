"""Fixtures of the tests of the API."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.keys.key import digest
from tests.api.encoders import ScriptedEncoders
from tests.api.scripted import Scripted, scripted_service
from tests.api.umlauts import Umlauts
from tests.engine.tiny_models import served_model
from tests.fakes.engine import filling_engine
from tests.keys.making import add_key, bearer
from tests.models_fixture import smollm2  # noqa: F401 - a fixture
from tests.running_server import Server, running_server

FLAGS = ("--threads", "1", "--kv-cache-memory", "4MiB", "--max-num-seqs", "8", "--max-batch-tokens", "64")


@pytest.fixture(scope="module")
def hello() -> Iterator[Scripted]:
    """A service that says Hello to everything."""
    with scripted_service() as service:
        yield service


@pytest.fixture(scope="module")
def german() -> Iterator[Scripted]:
    """A service whose translations look like German."""
    with scripted_service(Umlauts()) as service:
        yield service


@pytest.fixture(scope="package")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> ScriptedEncoders:
    """The encoders of ``encoder_service``."""
    return ScriptedEncoders(tmp_path_factory.mktemp("encoders"))


@pytest.fixture(scope="package")
def encoder_service(encoders: ScriptedEncoders) -> Iterator[Scripted]:
    """A service with scripted encoders and low limits. Its language model fills in."""
    with scripted_service(
        filling_engine(), encoders=encoders, max_inputs=4, max_input_length=1000, max_rerank_documents=3
    ) as service:
        yield service


@pytest.fixture(scope="package")
def keys_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys") / "keys.json"


@pytest.fixture(scope="package")
def secrets(keys_file: Path) -> dict[str, str]:
    """The secrets of three keys with all scopes. Only the test of cached prefixes uses ``mine`` and ``yours``."""
    return {name: add_key(keys_file, name) for name in ("client", "mine", "yours")}


@pytest.fixture(scope="package")
def keyed_server(
    keys_file: Path, secrets: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A real service on a tiny model, whose client sends the key ``client``. After the tests no key is in its log."""
    model = served_model(tmp_path_factory.mktemp("tiny"), max_position_embeddings=2048)
    flags = (*FLAGS, "--keys-file", str(keys_file), "--log-level", "debug", "--metrics-compat", "vllm,tgi")
    with running_server(model, *flags) as server:
        server.http.headers.update(bearer(secrets["client"]))
        server.http.post("/v1/generate", json={"prompt": "x", "max_new_tokens": 1}).raise_for_status()
        yield server
        log = server.log.read_text(encoding="utf-8")
        assert "/v1/generate" in log
        assert not [word for word in ("tv-", *(digest(secret) for secret in secrets.values())) if word in log]
