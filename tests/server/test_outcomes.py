"""The outcomes of requests to the real process, with the numbers of a report: most streams wait in vain.

The status of each of these streams is 200. Without an outcome, metrics and log would tell of successes.
"""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.api.raw_http import connection, post_bytes, read_until
from tests.engine.tiny_models import served_model
from tests.running_server import Server, running_server
from tests.serving.tiny_service import workers

ENDLESS = {"prompt": "a", "max_tokens": 40_000, "ignore_eos": True, "stream": True}
STREAMS = 12
FLAGS = ("--threads", "1", "--max-num-seqs", "1", "--queue-timeout", "1", "--max-restarts", "0", "--log-json")
# No request comes from such a proxy, so what a header says of the client is not believed.
CLIENTS = ("--log-clients", "--trusted-proxies", "10.0.0.0/8")


def ended(server: Server, outcome: str) -> float:
    """The requests with an outcome without reasons."""
    return server.metric(f'trivium_requests_total{{outcome="{outcome}",reason=""}}')


def lines_of(server: Server) -> list[dict[str, Any]]:
    """The lines of the access log about generations."""
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("route") == "/v1/generate"]


@pytest.mark.slow
def test_streams_that_wait_in_vain_and_an_engine_that_is_killed(tmp_path: Path) -> None:
    served_model(tmp_path / "tiny", max_position_embeddings=50_000)
    with running_server(tmp_path / "tiny", *FLAGS, *CLIENTS) as server, ExitStack() as connections:
        body = post_bytes("/v1/generate", json.dumps(ENDLESS).encode())
        runs = connections.enter_context(connection(server.address))
        runs.sendall(body)
        read_until(runs, b"data: ")
        waiting = [connections.enter_context(connection(server.address)) for _ in range(STREAMS)]
        for each in waiting:
            each.sendall(body)
        for each in waiting:
            assert b'"code":"queue_timeout"' in read_until(each, b"data: [DONE]\n\n")
        assert ended(server, "queue_timeout") == STREAMS
        assert server.metric('trivium_http_requests_total{method="POST",route="/v1/generate",status="200"}') == STREAMS
        assert server.metric('trivium_sequences_finished_total{reason="timeout"}') == STREAMS
        assert server.metric('trivium_sequences_finished_total{reason="abort"}') == 0

        (tmp_path / "tiny" / "model.safetensors").unlink()  # so that no other engine takes the place of this one
        (engine,) = workers(server)["engine"]
        engine.kill()
        assert b'"error"' in read_until(runs, b"data: [DONE]\n\n")
        assert ended(server, "engine_fault") == 1
        forwarded = {"x-forwarded-for": "203.0.113.7"}
        assert server.http.post("/v1/generate", json=ENDLESS, headers=forwarded).status_code == 503
        assert server.metric('trivium_requests_total{outcome="model_unavailable",reason="failed"}') == 1
        assert ended(server, "client_gone") == 0
        *timeouts, fault, refused = lines_of(server)
    assert [(line["status"], line["outcome"], line["finish"]) for line in timeouts] == [
        (200, "queue_timeout", "timeout")
    ] * STREAMS
    assert (fault["status"], fault["outcome"], fault["finish"]) == (200, "engine_fault", "error")
    assert (refused["status"], refused["outcome"], refused["reason"]) == (503, "model_unavailable", "failed")
    assert {line["client"] for line in (*timeouts, fault, refused)} == {"127.0.0.1"}
