"""The spans of requests that fail, over a scripted engine; the sampler; a collector that is away."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from service.traces.otlp import OtlpTracing
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine
from tests.traces.collector import Collector, running_collector, wait_until

BODY: dict[str, Any] = {"prompt": "x"}


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as collector:
        yield collector


@contextmanager
def traced_service(collector: Collector, engine: ScriptedEngine, variables: dict[str, str], **more: Any) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (collector.environment | variables).items():
            patch.setenv(name, value)
        tracing = OtlpTracing("the collector")
        try:
            with scripted_service(engine, tracing=tracing, **more) as service:
                yield service
        finally:
            tracing.close()


@pytest.fixture
def service(collector: Collector) -> Iterator[Scripted]:
    """Its engine writes one token."""
    with traced_service(collector, ScriptedEngine(text="H"), {}) as service:
        yield service


@pytest.mark.parametrize("stream", [False, True])
def test_a_queue_timeout(collector: Collector, stream: bool) -> None:
    with traced_service(collector, ScriptedEngine(holds_at=0), {}, queue_timeout=0.05) as service:
        assert "queue_timeout" in service.http.post("/v1/generate", json=BODY | {"stream": stream}).text
        span = collector.request("/v1/generate")
    assert (span.attributes["error.type"], span.is_error) == ("queue_timeout", True)
    assert span.attributes["http.response.status_code"] == (200 if stream else 504)
    assert span.attributes["gen_ai.response.finish_reasons"] == ["timeout"]
    assert [part.name for part in collector.parts(span)] == ["prepare", "queue"]
    assert span.resource["service.name"] == "trivium"


def test_an_engine_that_fails(collector: Collector) -> None:
    with traced_service(collector, ScriptedEngine(breaks_at=1), {}) as service:
        assert service.http.post("/v1/generate", json=BODY).status_code == 500
        span = collector.request("/v1/generate")
    assert (span.attributes["error.type"], span.is_error) == ("engine_fault", True)
    assert [part.name for part in collector.parts(span)][:2] == ["prepare", "queue"]


def test_a_document_has_a_span_for_each_window(service: Scripted, collector: Collector) -> None:
    files = {"file": ("a.txt", b"One line.\n\nAnother line.", "text/plain")}
    answer = service.http.post("/v1/translate/document", files=files, data={"target_lang": "de", "source_lang": "en"})
    assert answer.is_success, answer.text
    wait_until(lambda: any(span.name == "document window" for span in collector.spans))
    window = next(span for span in collector.spans if span.name == "document window")
    assert (window.parent, window.attributes["trivium.segments"]) == ("", 2)
    assert window.attributes["gen_ai.operation.name"] == "translate"
    assert "translation first candidates" in [part.name for part in collector.parts(window)]


def test_the_sampler_is_the_operators(collector: Collector) -> None:
    variables = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}
    called = {"traceparent": f"00-{'1' * 32}-{'2' * 16}-01"}
    with traced_service(collector, ScriptedEngine(), variables) as service:
        alone = service.http.post("/v1/generate", json=BODY)
        assert service.http.post("/v1/generate", json=BODY, headers=called).status_code == 200
        collector.request("/v1/generate", lambda span: span.trace == "1" * 32)
    assert "traceresponse" not in alone.headers
    assert {span.trace for span in collector.spans} == {"1" * 32}


def test_headers_of_the_operator_are_sent(collector: Collector) -> None:
    variables = {"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20of-the-operator"}
    with traced_service(collector, ScriptedEngine(), variables) as service:
        service.http.get("/version")
        collector.request("/version")
    assert collector.headers[0]["authorization"] == "Bearer of-the-operator"
    assert "authorization" not in service.http.headers


def test_failures_of_the_collector_are_logged_once_with_their_reason(
    collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    wrong = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{collector.url}/elsewhere"}
    with traced_service(collector, ScriptedEngine(), wrong) as service:
        for _ in range(4):
            collector.asked.clear()
            assert service.http.get("/version").status_code == 200
            assert collector.asked.wait(20)
    lines = [line for line in caplog.records if line.name.startswith(("opentelemetry", "service.traces"))]
    reason, told = (line.getMessage() for line in lines)
    assert "404" in reason
    assert told == "the collector the collector does not take spans: they are dropped until it does"
