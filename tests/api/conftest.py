"""What the tests of the HTTP surface share."""

from collections.abc import Iterator

import pytest

from tests.api.scripted import Scripted, scripted_service


@pytest.fixture(scope="module")
def hello() -> Iterator[Scripted]:
    """A service that says Hello to everything."""
    with scripted_service() as service:
        yield service
