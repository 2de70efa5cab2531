"""The two catalogue models as session fixtures, from the user's own store; a skip says why they cannot be had.

Import the fixtures into a ``conftest.py`` to use them.
"""

import pytest

from model_store.catalog import load
from model_store.errors import NoSource
from model_store.store import Store
from model_store.types import LocalModel


@pytest.fixture(scope="session")
def smollm2() -> LocalModel:
    """SmolLM2 135M instruct: small enough for every test that wants a real model."""
    return _ensure("smollm2-135m-instruct")


@pytest.fixture(scope="session")
def default_model() -> LocalModel:
    """The model that is served when none is named."""
    return _ensure(load().default)


def _ensure(name: str) -> LocalModel:
    try:
        return Store().ensure(name)
    except NoSource as error:
        pytest.skip(str(error))
