"""The README's calls work as they are written."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.tiny_models import tiny_model
from tests.running_server import Server, running_server

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
CALLS = re.findall(r"```sh\n(curl .*?)```", README, re.DOTALL)
DEFAULT_URL = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    model = tiny_model("llama", tmp_path_factory.mktemp("tiny"), max_position_embeddings=2048)
    with running_server(model, "--threads", "1") as server:
        yield server


def test_there_are_calls() -> None:
    assert len(CALLS) > 12


@pytest.mark.parametrize("call", CALLS)
def test_a_call_works_as_written(server: Server, call: str) -> None:
    """A model of another vocabulary says other words, but every field is taken and every answer whole."""
    # Only the port differs, and curl tells of an HTTP error by its exit code.
    command = call.replace(DEFAULT_URL, server.url).replace("curl ", "curl --no-progress-meter --fail-with-body ", 1)
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout
