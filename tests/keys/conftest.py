"""A key file, and the time at which the service looks at it."""

from pathlib import Path

import pytest

from service.keys import watched_file
from tests.fakes.clock import Clock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The path of a key file that does not exist yet."""
    return tmp_path / "keys.json"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the watched key file."""
    clock = Clock()
    monkeypatch.setattr(watched_file, "time", clock)
    return clock
