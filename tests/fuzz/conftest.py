"""One real service with a tiny model. No request of these tests may harm it."""

import os
from collections.abc import Iterator

import psutil
import pytest

from tests.encoder.tiny_encoders import tiny_encoder
from tests.engine.tiny_models import served_model
from tests.running_server import Server, running_server

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))  # of each test; 0: as many as take a second or two
_GROWTH = 64 << 20  # bytes that caches may take


@pytest.fixture(scope="package")
def fuzzed_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """After the tests the service still answers, has no open sequence, has not grown, and has logged no error."""
    model = served_model(tmp_path_factory.mktemp("tiny"), max_position_embeddings=1024)
    flags: tuple[str, ...] = (
        "--threads",
        "1",
        "--kv-cache-memory",
        "4MiB",
        "--request-timeout",
        "20",
        "--send-timeout",
        "1",
    )
    encoders = tmp_path_factory.mktemp("encoders")
    tiny_encoder("bert", encoders / "embedder")
    tiny_encoder("bert", encoders / "reranker", class_name="BertForSequenceClassification", num_labels=1)
    flags += ("--model", f"embedder={encoders / 'embedder'}", "--model", f"reranker={encoders / 'reranker'}")
    flags += ("--batches-dir", str(tmp_path_factory.mktemp("batches")))
    with running_server(model, *flags) as server:
        server.http.post("/v1/completions", json={"prompt": "x", "max_tokens": 1}).raise_for_status()
        before = memory(server)
        yield server
        server.http.post("/v1/completions", json={"prompt": "x", "max_tokens": 1}).raise_for_status()
        for gauge in ("trivium_sequences_running", "trivium_sequences_waiting", "trivium_kv_cache_usage_ratio"):
            assert server.metric(gauge) == 0
        assert memory(server) - before < _GROWTH
        log = server.log.read_text(encoding="utf-8")
        assert " ERROR " not in log
        assert "Traceback" not in log


def memory(server: Server) -> int:
    """Bytes that the API process holds for itself."""
    return int(psutil.Process(server.process.pid).memory_full_info().uss)
