"""A collector of traces in this process: it takes OTLP over HTTP, as the collectors of operators do."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

SECONDS = 60.0  # that a slow machine may take until spans arrive


@dataclass(frozen=True)
class Received:
    """One span. Times are Unix nanoseconds, ids hexadecimal; ``parent`` is empty for the first span of a trace."""

    name: str
    trace: str
    id: str
    parent: str
    begin: int
    end: int
    kind: int
    is_error: bool
    state: str
    attributes: dict[str, Any]
    resource: dict[str, Any]


@dataclass
class Collector:
    """What has arrived. While ``open`` is not set, the collector reads requests and answers none."""

    url: str
    spans: list[Received] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)  # a request has arrived

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which a service sends its spans here, soon after their ends."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url, "OTEL_BSP_SCHEDULE_DELAY": "20"}

    def take(self, body: bytes, headers: dict[str, str]) -> None:
        """Keep the spans of one request."""
        self.bodies.append(body)
        self.headers.append(headers)
        for each in ExportTraceServiceRequest.FromString(body).resource_spans:
            resource = _values(each.resource.attributes)
            self.spans += [_received(span, resource) for scope in each.scope_spans for span in scope.spans]

    def request(self, route: str, condition: Callable[[Received], bool] = lambda span: True) -> Received:
        """The last span of a request to this route that meets the condition. Waits for the first one."""
        found: list[Received] = []

        def arrived() -> bool:
            requests = [span for span in self.spans if span.attributes.get("http.route") == route]
            found[:] = [span for span in requests if condition(span)]
            return bool(found)

        wait_until(arrived)
        return found[-1]

    def parts(self, span: Received) -> list[Received]:
        """The parts of a span that have arrived, in the order of their beginnings. They end before the span does."""
        return sorted((each for each in self.spans if each.parent == span.id), key=lambda each: (each.begin, each.end))


def wait_until(condition: Callable[[], bool]) -> None:
    """Return when the condition is true: spans come when the SDK's thread has its turn."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def running_collector() -> Iterator[Collector]:
    """A collector on a free port, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.asked.set()
            collector.open.wait()
            if self.path == "/v1/traces":
                collector.take(body, {name.lower(): value for name, value in self.headers.items()})
            self.send_response(200 if self.path == "/v1/traces" else 404)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector = Collector(f"http://127.0.0.1:{server.server_address[1]}")
        collector.open.set()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield collector
        finally:
            collector.open.set()
            server.shutdown()
            thread.join()


def _received(span: WireSpan, resource: dict[str, Any]) -> Received:
    return Received(
        name=span.name,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        begin=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        kind=span.kind,
        is_error=span.status.code == 2,
        state=span.trace_state,
        attributes=_values(span.attributes),
        resource=resource,
    )


def _values(attributes: Any) -> dict[str, Any]:
    return {each.key: _value(each.value) for each in attributes}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, str(kind))
