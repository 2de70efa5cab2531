"""The spans of a real service, as a collector gets them: their parents, their times and their attributes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

from tests.api.raw_http import connection, events, post_bytes, read_until
from tests.engine.tiny_models import served_model
from tests.running_server import Server
from tests.serving.tiny_service import serving
from tests.traces.collector import Collector, Received, running_collector

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CALLER = {"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "congo=t61rcWkgMzE", "baggage": "name=kanarie"}
TEXTS = "The river is long. The city is old.\n\nThe bridge was built in 1902 by a company."
QUEUE, BATCH = 64, 16  # spans
MILLISECOND = 1_000_000  # the rounding of times that are measured in floating point, and more


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with running_collector() as collector:
        yield collector


@contextmanager
def variables(collector: Collector, **more: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (collector.environment | more).items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def server(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """``chat``, and ``later``, which is loaded on demand. The collector hangs when the service is asked to end."""
    path = tmp_path_factory.mktemp("models")
    models: dict[str, dict[str, object]] = {
        "chat": {"source": served_model(path / "chat", max_position_embeddings=2048)},
        "later": {"source": path / "chat", "load": "demand"},
    }
    more = {
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test,service.name=texts",
        "OTEL_BSP_MAX_QUEUE_SIZE": str(QUEUE),
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": str(BATCH),
    }
    with variables(collector, **more):
        with serving(path, models, "--log-json") as server:
            yield server
            collector.open.clear()  # until the service has ended, which must not wait for the collector
            collector.asked.clear()
            server.http.get("/version")
            assert collector.asked.wait(60)
        collector.open.set()


def line_of(server: Server, answer: httpx.Response) -> dict[str, Any]:
    """The request's line in the access log."""
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    (found,) = [line for line in lines if line.get("request_id") == answer.headers["x-request-id"]]
    return dict(found)


def of(answer: httpx.Response) -> Any:
    """The condition that a span is the one of this answer."""
    return lambda span: span.id == answer.headers["traceresponse"].split("-")[2]


def assert_nested(collector: Collector, span: Received) -> None:
    """Every part of the span lies in its time, in its trace."""
    for part in collector.parts(span):
        assert part.trace == span.trace
        assert span.begin - MILLISECOND <= part.begin <= part.end <= span.end + MILLISECOND, part.name
        assert_nested(collector, part)


def assert_in_order(parts: list[Received]) -> None:
    """No part begins before the one before it has ended."""
    for earlier, later in pairwise(parts):
        assert earlier.end <= later.begin + MILLISECOND, (earlier.name, later.name)


def test_an_answer_has_a_span_in_its_callers_trace(server: Server, collector: Collector) -> None:
    body = {"messages": [{"role": "user", "content": "x"}], "max_tokens": 5, "temperature": 0.5, "top_p": 0.9, "n": 2}
    answer = server.http.post("/v1/chat/completions", json=body | {"seed": 7, "ignore_eos": True}, headers=CALLER)
    assert answer.status_code == 200, answer.text
    span = collector.request("/v1/chat/completions", of(answer))
    assert (span.name, span.trace, span.parent) == ("POST /v1/chat/completions", TRACE, PARENT)
    assert (span.kind, span.is_error, span.state) == (WireSpan.SPAN_KIND_SERVER, False, CALLER["tracestate"])
    assert span.attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/chat/completions",
        "url.path": "/v1/chat/completions",
        "http.response.status_code": 200,
        "network.protocol.version": "1.1",
        "url.scheme": "http",
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "trivium",
        "gen_ai.request.model": "chat",
        "gen_ai.response.model": "chat",
        "gen_ai.request.stream": False,
        "gen_ai.request.max_tokens": 5,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.top_p": 0.9,
        "gen_ai.request.seed": 7,
        "gen_ai.request.choice.count": 2,
        "gen_ai.usage.input_tokens": answer.json()["usage"]["prompt_tokens"],
        "gen_ai.usage.output_tokens": 10,
        "gen_ai.usage.cache_read.input_tokens": 0,
        "gen_ai.response.finish_reasons": ["length"],
    }
    assert span.resource["service.name"] == "texts"
    assert span.resource["deployment.environment.name"] == "test"
    assert answer.headers["traceresponse"] == f"00-{TRACE}-{span.id}-01"
    line = line_of(server, answer)
    assert (line["trace_id"], line["span_id"], line["parent_id"]) == (TRACE, span.id, PARENT)

    parts = collector.parts(span)
    assert [part.name for part in parts] == ["prepare", "queue", "prefill", "decode"]
    assert {part.kind for part in parts} == {WireSpan.SPAN_KIND_INTERNAL}
    assert_in_order(parts)
    assert_nested(collector, span)
    assert parts[-1].attributes == {"trivium.generated_tokens": 10}


def test_a_stream_begins_a_trace_without_a_caller(server: Server, collector: Collector) -> None:
    body = {"prompt": "The river", "max_tokens": 8, "ignore_eos": True, "stream": True}
    answer = server.http.post("/v1/generate", json=body, headers={"traceparent": "not one"})
    assert events(answer)
    span = collector.request("/v1/generate", of(answer))
    assert (span.parent, span.state) == ("", "")
    assert span.attributes["gen_ai.operation.name"] == "text_completion"
    assert span.attributes["gen_ai.request.stream"] is True
    line = line_of(server, answer)
    assert (line["trace_id"], line["span_id"]) == (span.trace, span.id)
    assert "parent_id" not in line
    assert span.attributes["gen_ai.response.time_to_first_chunk"] == pytest.approx(line["ttft_seconds"], abs=1e-5)
    parts = collector.parts(span)
    assert [part.name for part in parts] == ["prepare", "queue", "prefill", "decode"]
    assert_in_order(parts)
    assert_nested(collector, span)


def test_a_caller_that_does_not_sample_has_no_spans(server: Server, collector: Collector) -> None:
    unsampled = {"traceparent": f"00-{TRACE}-{PARENT}-00"}
    answer = server.http.post("/v1/generate", json={"prompt": "x", "max_tokens": 1}, headers=unsampled)
    version = server.http.get("/version")
    collector.request("/version", of(version))  # it ended later, so the other one would be here
    assert not [span for span in collector.spans if of(answer)(span)]
    assert answer.headers["traceresponse"].endswith("-00")
    assert line_of(server, answer)["trace_id"] == TRACE


def test_a_translation_has_its_rounds(server: Server, collector: Collector) -> None:
    body = {"text": TEXTS, "target_lang": "de", "source_lang": "en", "max_tokens": 4}
    answer = server.http.post("/v1/translate", json=body)
    assert answer.status_code == 200, answer.text
    span = collector.request("/v1/translate", of(answer))
    parts = {part.name: part for part in collector.parts(span)}
    assert {"prepare", "queue", "prefill", "decode", "translation first candidates"} <= set(parts)
    assert parts["translation first candidates"].attributes["trivium.segments"] >= 2
    assert span.attributes["gen_ai.operation.name"] == "translate"
    assert_nested(collector, span)


def test_an_extraction_has_its_completions(server: Server, collector: Collector) -> None:
    documents = [{"id": "a", "text": TEXTS * 4}, {"id": "b", "text": TEXTS}]
    body = {"question": "When was the bridge built?", "documents": documents, "model": "chat"}
    answer = server.http.post("/v1/answer", json=body)
    assert answer.status_code == 200, answer.text
    span = collector.request("/v1/answer", of(answer))
    prepare, extraction = collector.parts(span)
    assert (prepare.name, extraction.name) == ("prepare", "extraction")
    assert [part.name for part in collector.parts(prepare)] == ["retrieval"]
    rounds = [part.name for part in collector.parts(extraction)]
    assert rounds == ["queue", "prefill", "decode"] * 2
    assert_nested(collector, span)


def test_a_model_that_is_loaded_on_demand(server: Server, collector: Collector) -> None:
    body = {"prompt": "x", "max_tokens": 2, "model": "later", "stream": True, "ignore_eos": True}
    answer = server.http.post("/v1/completions", json=body)
    assert events(answer)
    span = collector.request("/v1/completions", of(answer))
    parts = collector.parts(span)
    assert [part.name for part in parts] == ["load", "prepare", "queue", "prefill", "decode"]
    assert_in_order(parts)
    assert_nested(collector, span)


def test_a_refused_request(server: Server, collector: Collector) -> None:
    answer = server.http.post("/v1/generate", json={"prompt": "x", "model": "kanarie"})
    span = collector.request("/v1/generate", of(answer))
    assert (span.attributes["http.response.status_code"], span.attributes["error.type"]) == (404, "refused.not_found")
    assert not span.is_error  # of the service
    assert "kanarie" not in str(span)
    unknown = server.http.get("/kanarie")
    assert collector.request("unknown", of(unknown)).name == "GET unknown"


def test_a_client_that_leaves(server: Server, collector: Collector) -> None:
    body = {"prompt": "x", "max_tokens": 2000, "ignore_eos": True, "stream": True, "min_tokens": 2000}
    with connection(server.address) as sock:
        sock.sendall(post_bytes("/v1/generate", json.dumps(body).encode()))
        read_until(sock, b"data: ")
    span = collector.request("/v1/generate", lambda span: span.attributes.get("error.type") == "client_gone")
    assert not span.is_error
    assert [part.name for part in collector.parts(span)] == ["prepare", "queue", "prefill", "decode"]
    assert_nested(collector, span)


def test_probes_have_no_spans(server: Server, collector: Collector) -> None:
    server.http.get("/health")
    answer = server.http.get("/version")
    collector.request("/version", of(answer))
    assert {span.attributes.get("http.route") for span in collector.spans}.isdisjoint({"/health", "/health/ready"})


def test_a_collector_that_hangs_stops_nothing(server: Server, collector: Collector) -> None:
    """Requests whose spans fill the queue again and again are answered before the collector answers anything."""
    collector.open.clear()
    collector.asked.clear()
    before = len(collector.spans)
    try:
        for _ in range(QUEUE):  # with five spans each
            assert server.http.post("/v1/generate", json={"prompt": "x", "max_tokens": 1}).status_code == 200
        assert collector.asked.is_set()
    finally:
        collector.open.set()
    answer = server.http.get("/version")
    collector.request("/version", of(answer))
    assert len(collector.spans) - before <= BATCH + QUEUE + 1
    assert "Queue full, dropping Span." in server.log.read_text()
