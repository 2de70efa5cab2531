"""Fixtures of the tests of the native API."""

from collections.abc import Iterator

import pytest

from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine


@pytest.fixture(scope="module")
def chinese() -> Iterator[Scripted]:
    with scripted_service(ScriptedEngine(text="你好，世界")) as service:
        yield service
