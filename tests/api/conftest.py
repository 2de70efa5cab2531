"""What the tests of the HTTP surface share."""

from collections.abc import Iterator

import pytest

from tests.api.scripted import Scripted, scripted_service
from tests.api.umlauts import Umlauts


@pytest.fixture(scope="module")
def hello() -> Iterator[Scripted]:
    """A service that says Hello to everything."""
    with scripted_service() as service:
        yield service


@pytest.fixture(scope="module")
def german() -> Iterator[Scripted]:
    """A service that translates into what looks like German."""
    with scripted_service(Umlauts()) as service:
        yield service
