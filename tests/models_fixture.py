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


def _ensure(name: str) -> LocalModel:
    try:
        return Store().ensure(name)
    except NoSource as error:
        pytest.skip(str(error))
