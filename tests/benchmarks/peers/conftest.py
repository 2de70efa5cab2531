"""A peer's directory that nothing is installed in."""

from pathlib import Path

import pytest

from benchmarks.peers.environment import Environment


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment("it", tmp_path)
