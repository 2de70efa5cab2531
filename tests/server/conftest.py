"""Signals of the services that these tests start."""

import signal
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _hangups_count() -> Iterator[None]:
    """Services do not inherit that SIGHUP is ignored, as it is in tests that run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)
