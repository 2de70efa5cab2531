"""Spans by OpenTelemetry's SDK, delivered over OTLP/HTTP. The only module that imports OpenTelemetry.

The SDK reads its standard variables: sampler, limits, headers, timeout, the name of the service. A thread of the SDK
delivers spans in batches. Its queue is bounded (OTEL_BSP_MAX_QUEUE_SIZE) and drops spans when it is full, so that a
collector that is slow or away costs no request anything.
"""

import threading
import time
from functools import cached_property

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

import service
from service.traces.delivery import WatchedExporter
from service.traces.span import NO_SPAN, Attributes, Span
from service.traces.tracing import RemoteSpan

_CLOSE_SECONDS = 3.0  # that the end of the service may be delayed
_NAME = "service.name"


class OtlpSpan:
    """A span of the SDK. ``offset`` is the nanoseconds from ``time.monotonic`` to the Unix time, one for a request."""

    def __init__(self, tracer: trace.Tracer, inner: trace.Span, offset: int) -> None:
        self.is_recorded = inner.is_recording()
        self._tracer = tracer
        self._inner = inner
        self._offset = offset

    @property
    def trace_id(self) -> str:
        """32 hexadecimal digits."""
        return trace.format_trace_id(self._inner.get_span_context().trace_id)

    @property
    def span_id(self) -> str:
        """16 hexadecimal digits."""
        return trace.format_span_id(self._inner.get_span_context().span_id)

    def begin(self, name: str, attributes: Attributes | None = None, *, at: float | None = None) -> Span:
        """A part of this span, see ``Span``."""
        if not self.is_recorded:
            return NO_SPAN
        inner = self._tracer.start_span(name, self._context, attributes=attributes, start_time=self._time(at))
        return OtlpSpan(self._tracer, inner, self._offset)

    def rename(self, name: str) -> None:
        """Give the span another name."""
        self._inner.update_name(name)

    def add(self, attributes: Attributes) -> None:
        """Add attributes, or replace them."""
        self._inner.set_attributes(attributes)

    def end(self, *, at: float | None = None, error: str = "", is_fault: bool = False) -> None:
        """End the span, see ``Span``."""
        if error:
            self._inner.set_attribute("error.type", error)
        if is_fault:
            self._inner.set_status(trace.StatusCode.ERROR)
        self._inner.end(self._time(at))

    @cached_property
    def _context(self) -> Context:
        return trace.set_span_in_context(self._inner, Context())

    def _time(self, at: float | None) -> int:
        """A time as nanoseconds of the Unix time."""
        return self._offset + (time.monotonic_ns() if at is None else int(at * 1e9))


class OtlpTracing:
    """Makes spans and delivers them. Implements ``Tracing``."""

    def __init__(self, address: str) -> None:
        """``address`` is the collector's, for people. Raises ValueError or OSError where the SDK refuses a variable."""
        resource = Resource.create({"service.version": service.__version__})
        if str(resource.attributes.get(_NAME, "")).startswith("unknown_service"):
            resource = resource.merge(Resource({_NAME: "trivium"}))
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(WatchedExporter(OTLPSpanExporter(), address)))
        self._tracer = self._provider.get_tracer("trivium", service.__version__)

    def begin(self, name: str, parent: RemoteSpan | None = None, *, is_server: bool = True) -> OtlpSpan:
        """The span of a request that begins now. The SDK's sampler decides whether the span is recorded."""
        offset, began = time.time_ns() - time.monotonic_ns(), time.time_ns()
        kind = trace.SpanKind.SERVER if is_server else trace.SpanKind.INTERNAL
        inner = self._tracer.start_span(name, _context(parent), kind, start_time=began)
        return OtlpSpan(self._tracer, inner, offset)

    def close(self) -> None:
        """Deliver what is left, within three seconds: for a collector that hangs the SDK would wait half a minute."""
        closing = threading.Thread(target=self._provider.shutdown, name="traces-close", daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)


def _context(parent: RemoteSpan | None) -> Context:
    if parent is None:
        return Context()
    flags = trace.TraceFlags(trace.TraceFlags.SAMPLED if parent.is_sampled else trace.TraceFlags.DEFAULT)
    state = trace.TraceState.from_header([parent.state]) if parent.state else None
    remote = trace.SpanContext(int(parent.trace_id, 16), int(parent.span_id, 16), True, flags, state)
    return trace.set_span_in_context(trace.NonRecordingSpan(remote), Context())
