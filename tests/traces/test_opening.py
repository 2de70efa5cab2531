"""Traces are on exactly when an endpoint is set and they can be had; otherwise the log says why not."""

import logging
import sys

import pytest

from service.traces.opening import DISABLED, ENDPOINTS, EXPORTER, PROTOCOLS, open_tracing
from service.traces.tracing import NO_TRACING

ENDPOINT = {ENDPOINTS[1]: "http://operator:secret@127.0.0.1:9/"}


@pytest.mark.parametrize(
    "environ", [{}, {ENDPOINTS[1]: ""}, ENDPOINT | {DISABLED: "TRUE"}, ENDPOINT | {EXPORTER: "none"}]
)
def test_traces_that_nobody_wants(environ: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        assert open_tracing(environ) is NO_TRACING
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({EXPORTER: "zipkin"}, "'zipkin'; only otlp and none"),
        ({PROTOCOLS[1]: "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc'; only http/protobuf"),
        ({PROTOCOLS[0]: "http/json", PROTOCOLS[1]: "http/protobuf"}, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is"),
    ],
)
def test_what_cannot_be_had_is_said(more: dict[str, str], said: str, caplog: pytest.LogCaptureFixture) -> None:
    assert open_tracing(ENDPOINT | more) is NO_TRACING
    (message,) = caplog.messages
    assert message.startswith("OTEL_EXPORTER_OTLP_ENDPOINT is set, but there are no traces: ")
    assert said in message


def test_packages_that_are_missing_are_said(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.delitem(sys.modules, "service.traces.otlp", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)  # as if it were not installed
    assert open_tracing(ENDPOINT) is NO_TRACING
    (message,) = caplog.messages
    assert message.endswith("the packages are not installed: pip install 'trivium[traces]'")


def test_a_variable_that_the_sdk_refuses_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "0")
    assert open_tracing(ENDPOINT) is NO_TRACING
    assert "max_queue_size must be a positive integer" in caplog.messages[-1]


def test_the_log_names_the_collector_without_its_password(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        tracing = open_tracing(ENDPOINT)
    try:
        assert tracing is not NO_TRACING
        assert "traces are sent to 127.0.0.1:9" in caplog.messages
        assert "secret" not in caplog.text
    finally:
        tracing.close()
