"""Tiny models, made once for all tests of this directory."""

import shutil
from pathlib import Path

import pytest
from transformers import AutoModelForQuestionAnswering

from tests.encoder.tiny_readers import tiny_reader
from tests.engine.tiny_models import tiny_model


@pytest.fixture(scope="session")
def chat_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model("llama", tmp_path_factory.mktemp("chat"), max_position_embeddings=2048)


@pytest.fixture(scope="session")
def reader_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_reader("bert", tmp_path_factory.mktemp("reader"))


@pytest.fixture(scope="session")
def embedder_model(reader_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The encoder of the reader, without its head."""
    directory = tmp_path_factory.mktemp("embedder")
    model = AutoModelForQuestionAnswering.from_pretrained(reader_model)
    model.bert.save_pretrained(directory)
    for path in reader_model.glob("token*"):
        shutil.copy(path, directory)
    return directory
