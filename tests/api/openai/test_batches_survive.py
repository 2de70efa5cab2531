"""A real service that is killed while it computes a batch, and started again."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from tests.api.conftest import FLAGS
from tests.api.openai.batching import CHAT, begin, completed, ended, line, results, wait_until
from tests.engine.tiny_models import served_model
from tests.running_server import running_server

LINES = 8


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return served_model(tmp_path_factory.mktemp("tiny"), max_position_embeddings=2048)


def slow(number: int, tokens: int = 150) -> dict[str, Any]:
    """A line that takes a while."""
    message = {"role": "user", "content": f"Number {number}"}
    return {"messages": [message], "max_tokens": tokens, "ignore_eos": True, "temperature": 0}


def client_of(url: str) -> OpenAI:
    return OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0)


def done_lines(directory: Path) -> set[int]:
    with sqlite3.connect(directory / "batches.sqlite") as connection:
        return {line for (line,) in connection.execute("SELECT line FROM results")}


def test_a_killed_service_loses_and_repeats_no_finished_line(model: Path, tmp_path: Path) -> None:
    flags = (*FLAGS, "--batches-dir", str(tmp_path), "--batch-concurrency", "2")
    lines = [line(f"line-{number}", slow(number)) for number in range(LINES)]
    with running_server(model, *flags, exit_code=-9) as server, client_of(server.url) as client:
        begun = begin(client, lines)
        wait_until(lambda: completed(client, begun.id) >= 2)
        server.process.kill()
        server.process.wait()
    done = done_lines(tmp_path)
    assert 2 <= len(done) < LINES
    with running_server(model, *flags) as server, client_of(server.url) as client:
        batch = ended(client, begun.id)
        assert batch.status == "completed"
        assert batch.request_counts is not None
        assert batch.request_counts.model_dump() == {"total": LINES, "completed": LINES, "failed": 0}
        assert server.metric('trivium_batch_lines_total{outcome="answered"}') == LINES - len(done)
        answers = results(client, batch.output_file_id)
        assert list(answers) == [each["custom_id"] for each in lines]
        body = lines[0]["body"]
        plain = server.http.post(CHAT, json=body).json()["choices"][0]["message"]["content"]
        for id in ("line-0", f"line-{LINES - 1}"):
            assert answers[id]["response"]["body"]["usage"]["completion_tokens"] == 150
        assert answers["line-0"]["response"]["body"]["choices"][0]["message"]["content"] == plain
        assert done_lines(tmp_path) == set()


def test_a_request_overtakes_waiting_lines(model: Path, tmp_path: Path) -> None:
    flags = ("--threads", "1", "--kv-cache-memory", "4MiB", "--max-num-seqs", "1", "--max-batch-tokens", "64")
    with (
        running_server(model, *flags, "--batches-dir", str(tmp_path), "--batch-concurrency", "8") as server,
        client_of(server.url) as client,
    ):
        begun = begin(client, [line(f"line-{number}", slow(number)) for number in range(LINES)])
        wait_until(lambda: server.metric("trivium_sequences_waiting") >= 5)
        before = completed(client, begun.id)
        server.http.post(CHAT, json=slow(0, 2)).raise_for_status()
        # The line that was running, and one that had just ended.
        assert completed(client, begun.id) <= before + 2
        assert client.batches.cancel(begun.id).status == "cancelling"
        assert ended(client, begun.id).status == "cancelled"
