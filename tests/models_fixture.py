"""Session fixtures of models of the catalogue, from the user's own model store.

Import a fixture into a ``conftest.py`` to use it. A test is skipped, with the reason, if its model has no source.
"""

import pytest

from model_store.catalog import load
from model_store.errors import NoSource
from model_store.store import Store
from model_store.types import LocalModel


@pytest.fixture(scope="session")
def smollm2() -> LocalModel:
    """SmolLM2 135M instruct: small enough for every test that needs a real model."""
    return _ensure("smollm2-135m-instruct")


@pytest.fixture(scope="session")
def default_model() -> LocalModel:
    """The model that is served by default."""
    return _ensure(load().default)


@pytest.fixture(scope="session")
def minilm() -> LocalModel:
    """all-MiniLM-L6-v2: a small embedder with the files of sentence-transformers."""
    return _ensure("all-minilm-l6-v2")


@pytest.fixture(scope="session")
def gemma3() -> LocalModel:
    """Gemma 3 270M: a base model with sliding windows and a large vocabulary, served by transformers' modules."""
    return _ensure("gemma-3-270m")


@pytest.fixture(scope="session")
def whisper_tiny() -> LocalModel:
    """Whisper tiny for English."""
    return _ensure("whisper-tiny.en")


@pytest.fixture(scope="session")
def whisper_base() -> LocalModel:
    """Whisper base for 99 languages."""
    return _ensure("whisper-base")


@pytest.fixture(scope="session")
def larger_model() -> LocalModel:
    """The larger model of the catalogue. It is not fetched: its tests run where it was pulled before."""
    name = "qwen2.5-coder-1.5b-instruct"
    if model := Store().find(name):
        return model
    pytest.skip(f"trivium models pull {name} fetches 1.1 GB; its tests run then")


def _ensure(name: str) -> LocalModel:
    try:
        return Store().ensure(name)
    except NoSource as error:
        pytest.skip(str(error))
