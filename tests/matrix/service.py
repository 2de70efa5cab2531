"""The service that the clients call: a real process with a tiny model of each kind."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.encoder.tiny_encoders import tiny_encoder
from tests.engine.tiny_models import served_model
from tests.running_server import running_server

_READY_SECONDS = 300.0  # four processes start at once
CHAT, EMBEDDER, RERANKER, CLASSIFIER = "chat", "embedder", "reranker", "classifier"


@dataclass(frozen=True)
class Service:
    """A running service."""

    url: str
    http: httpx.Client
    kept: dict[str, str] = field(default_factory=dict)  # what an earlier call of a client left for a later one


@contextmanager
def matrix_service(directory: Path) -> Iterator[Service]:
    """Serve tiny models until the block ends. The directory gets their files."""
    chat = served_model(directory / CHAT, max_position_embeddings=2048)
    classifier = "BertForSequenceClassification"
    tiny_encoder("bert", directory / EMBEDDER)
    tiny_encoder("bert", directory / RERANKER, class_name=classifier, num_labels=1)
    tiny_encoder("bert", directory / CLASSIFIER, class_name=classifier, num_labels=3)
    encoders = [f"--model={name}={directory / name}" for name in (EMBEDDER, RERANKER, CLASSIFIER)]
    flags = (
        "--threads",
        "1",
        "--no-native-kernels",
        "--log-level",
        "warning",
        "--batches-dir",
        str(directory / "batches"),
        *encoders,
    )
    with running_server(f"{CHAT}={chat}", *flags, ready_seconds=_READY_SECONDS) as server:
        yield Service(server.url, server.http)
