"""A word that clients send and receive, in every field of every endpoint, is in nothing that the service writes."""

import json
import re
import secrets
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from service.api.middleware.request_context import PROBES
from tests.privacy.conftest import GUARD, echoing
from tests.privacy.echo_worker import CRASH
from tests.privacy.requests.documents import calls_of_documents, document_calls
from tests.privacy.requests.every import calls
from tests.privacy.requests.files import calls_of_batches, calls_of_files, file_calls
from tests.privacy.requests.glossaries import calls_of_glossaries
from tests.privacy.requests.responses import calls_of_stored
from tests.running_server import Server
from tests.traces.collector import Collector, running_collector

SERVED = {"echo", "embedder", "reranker", "classifier"}
WORD = f"kanarie{secrets.token_hex(8)}"


@dataclass(frozen=True)
class Evidence:
    """Everything that the service answered and wrote. ``peers`` are the addresses that it was connected to."""

    answers: list[httpx.Response]
    document: dict[str, Any]
    metrics: str
    processes: int
    peers: set[str]
    log: str
    traces: Collector

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The lines of the access log."""
        lines = [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]
        return [line for line in lines if line["logger"] == "service.api.middleware.access_log"]


@pytest.fixture(scope="module")
def evidence(model: Path, encoders: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """From a service that received the word in every way, and whose engine crashed while it computed the word."""
    batches = ("--batches-dir", str(tmp_path_factory.mktemp("batches")))
    with running_collector() as traces, pytest.MonkeyPatch.context() as patch:
        for name, value in traces.environment.items():
            patch.setenv(name, value)
        return _observed(model, (*batches, *encoders), traces)


def _observed(model: Path, flags: tuple[str, ...], traces: Collector) -> Evidence:
    with echoing(model, "--log-json", "--threads", "1", *flags) as server:
        *answers, last = [server.http.send(request) for request in calls(server.url, WORD)]
        answers += [server.http.send(request) for request in calls_of_stored(server.url, answers, WORD)]
        answers += [server.http.send(request) for request in calls_of_glossaries(server.url, answers, WORD)]
        answers += [server.http.send(request) for request in file_calls(server.url, WORD)]
        answers += [server.http.send(request) for request in calls_of_files(server.url, answers, WORD)]
        answers += [server.http.send(request) for request in document_calls(server.url, WORD)]
        answers += [server.http.send(request) for request in calls_of_documents(server.url, answers)]
        _wait_for_batches(server)
        answers += [server.http.send(request) for request in calls_of_batches(server.url, answers)]
        answers.append(last)
        document = server.http.get("/openapi.json").json()
        family = [psutil.Process(server.process.pid), *psutil.Process(server.process.pid).children(recursive=True)]
        peers = {connection.raddr.ip for each in family for connection in each.net_connections() if connection.raddr}
        metrics = server.http.get("/metrics").text
        _crash(server)
        log = server.log.read_text()
    return Evidence(answers, document, metrics, len(family), peers, log, traces)


def _wait_for_batches(server: Server) -> None:
    """Wait until every batch has ended."""
    deadline = time.monotonic() + 30
    while {batch["status"] for batch in server.http.get("/v1/batches").json()["data"]} - {"completed", "failed"}:
        assert time.monotonic() < deadline


def _crash(server: Server) -> None:
    """Crash the engine, and wait until its stacks are in the log."""
    body = {"prompt": f"{CRASH} {WORD}", "max_tokens": 4}
    with suppress(httpx.TransportError):
        server.http.post("/v1/generate", json=body, headers={"x-request-timeout": "1"})
    deadline = time.monotonic() + 20
    while "echo_worker.py" not in server.log.read_text().partition("Fatal Python error")[2]:
        assert time.monotonic() < deadline


def test_every_kind_of_answer_was_given(evidence: Evidence) -> None:
    assert {200, 400, 404, 405, 415, 500} <= {answer.status_code for answer in evidence.answers}
    assert sum(WORD in answer.text for answer in evidence.answers if answer.is_success) > 5


def test_no_error_repeats_what_a_client_sent(evidence: Evidence) -> None:
    for answer in evidence.answers:
        events = [line for line in answer.text.splitlines() if answer.is_error or re.search('"error"(?!:null)', line)]
        assert WORD not in "".join(events).lower(), answer.request.url


def test_the_word_is_not_written(evidence: Evidence) -> None:
    assert '"RuntimeError' in evidence.log
    assert "echo_worker.py" in evidence.log
    assert "Fatal Python error: Aborted" in evidence.log
    assert "cannot compute" not in evidence.log
    assert WORD not in evidence.log.lower()
    assert WORD not in evidence.metrics.lower()
    assert ", ".join(map(str, WORD.encode())) not in evidence.log


def test_the_word_is_in_no_span(evidence: Evidence) -> None:
    """Every request that is no probe has its span, so all of the texts had their chance to get into one."""
    spans = evidence.traces.spans
    routes = {span.attributes["http.route"] for span in spans if "http.route" in span.attributes}
    asked = {entry["route"] for entry in evidence.entries} - PROBES
    assert asked - routes == set()
    assert {"queue", "prefill", "decode", "encode", "extraction", "document window"} <= {span.name for span in spans}
    for body in evidence.traces.bodies:
        assert WORD.encode() not in body.lower()
        assert b"127.0.0.1" not in body
    keys = {key for span in spans for key in span.attributes}
    assert not [key for key in keys if key.startswith(("client.", "user_agent.", "url.query", "url.full"))]


def test_labels_name_no_model_that_is_not_served(evidence: Evidence) -> None:
    assert set(re.findall(r'[{,]model="([^"]*)"', evidence.metrics)) == SERVED | {""}
    assert {entry["model"] for entry in evidence.entries if "model" in entry} <= SERVED


def test_the_word_is_written_if_prompts_are_logged(model: Path) -> None:
    with echoing(model, "--log-prompts") as server:
        for request in calls(server.url, WORD)[:3]:
            server.http.send(request)
        log = server.log.read_text()
    assert "LOG_PROMPTS IS ON" in log
    assert re.search(rf'transcript request_id=req-\w+ prompt=".*{WORD}.*" output=".*{WORD}', log)
    assert f"cannot compute please raise {WORD}" in log


def test_the_service_connects_to_no_other_host(evidence: Evidence) -> None:
    assert evidence.log.count("GUARDED") >= evidence.processes == 5
    assert "OUTBOUND" not in evidence.log
    assert evidence.peers <= {"127.0.0.1"}
    served = {(answer.request.method, answer.request.url.path) for answer in evidence.answers if answer.is_success}
    for path, operations in evidence.document["paths"].items():
        if path.endswith("_adapter") or path == "/v1/statistics" or path.startswith("/v1/audio/"):
            # The echoing engine has no adapters; the live view has no end, and tests/statistics reads it. The engine
            # hears nothing: tests/api/openai/test_audio.py reads the log of one that does.
            continue
        pattern = re.sub(r"\{\w+\}", ".+", path)
        for method in operations:
            assert [where for each, where in served if each == method.upper() and re.fullmatch(pattern, where)], path


def test_the_guard_denies_connections_to_other_hosts() -> None:
    code = "import socket; socket.create_connection(('192.0.2.1', 9), timeout=1)"
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(GUARD)}, capture_output=True, text=True)
    assert done.returncode == 1
    assert "OUTBOUND socket." in done.stderr


def test_each_request_has_one_line_in_the_log(evidence: Evidence) -> None:
    entries = {entry["request_id"]: entry for entry in evidence.entries}
    assert len(entries) == len(evidence.entries)
    for answer in evidence.answers:
        entry = entries[answer.headers["x-request-id"]]
        assert entry["status"] == answer.status_code
        assert WORD not in entry["route"]
    first = entries[evidence.answers[0].headers["x-request-id"]]
    used = evidence.answers[0].json()["usage"]
    assert (first["method"], first["route"], first["finish"]) == ("POST", "/v1/generate", "length")
    assert first["ids"] == evidence.answers[0].json()["id"]
    assert (first["prompt_tokens"], first["generated_tokens"]) == (used["prompt_tokens"], used["completion_tokens"])
    assert 0 < first["ttft_seconds"] <= first["seconds"]
    assert entries[evidence.answers[-1].headers["x-request-id"]]["method"] == "OTHER"
