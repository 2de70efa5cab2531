"""Tiny models, made once for all tests of this directory."""

from pathlib import Path

import pytest

from tests.encoder.tiny_encoders import tiny_encoder
from tests.encoder.tiny_readers import tiny_reader
from tests.engine.tiny_models import served_model


@pytest.fixture(scope="session")
def chat_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return served_model(tmp_path_factory.mktemp("chat"), max_position_embeddings=2048)


@pytest.fixture(scope="session")
def reader_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_reader("bert", tmp_path_factory.mktemp("reader"))


@pytest.fixture(scope="session")
def embedder_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_encoder("bert", tmp_path_factory.mktemp("embedder"))
