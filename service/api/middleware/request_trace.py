"""The span of a request: attributes by OpenTelemetry's conventions for HTTP and for generative AI.

They are numbers, words of the service and names that the operator has given. The path, the query, headers and stop
strings are not among them, because they are a client's text, and neither are the address and the key of the client.
"""

from contextvars import ContextVar
from typing import Any

from starlette.types import Scope

from service.api.middleware.access_log import AccessRecord
from service.metrics import method_label
from service.models.capabilities import Capability
from service.outcomes import Outcome
from service.tasks.generation.options import Options
from service.traces.span import NO_SPAN, enter_span
from service.traces.tracing import RequestSpan

# The conventions' words for what we call otherwise. Tasks that they do not know have our names.
_OPERATIONS = {Capability.GENERATE: "text_completion", Capability.EMBED: "embeddings"}
_PENALTIES = ("frequency_penalty", "presence_penalty")
_PREFIX = "gen_ai.request."

_current: ContextVar["RequestTrace | None"] = ContextVar("request_trace", default=None)


class RequestTrace:
    """The span of one request, and what its route tells about it."""

    def __init__(self, span: RequestSpan) -> None:
        self._span = span
        self._operation = ""
        self._attributes: dict[str, Any] = {}

    @classmethod
    def begin(cls, span: RequestSpan | None) -> "RequestTrace | None":
        """The trace of the current task's request; None if nobody will see the span."""
        trace = cls(span) if span is not None and span.is_recorded else None
        _current.set(trace)
        enter_span(NO_SPAN if trace is None else trace._span)
        return trace

    def note_operation(self, capability: Capability | None, *, stream: bool) -> None:
        """The request asks a model for this."""
        if capability is not None:
            self._operation = _OPERATIONS.get(capability, str(capability))
        self._attributes[f"{_PREFIX}stream"] = stream

    def note_options(self, options: Options) -> None:
        """The request has these options. Those that are off are no attributes."""
        params, noted = options.params, self._attributes
        noted[f"{_PREFIX}temperature"] = params.temperature
        if options.max_tokens is not None:
            noted[f"{_PREFIX}max_tokens"] = options.max_tokens
        if options.seed is not None:
            noted[f"{_PREFIX}seed"] = options.seed
        if params.top_p != 1.0:
            noted[f"{_PREFIX}top_p"] = params.top_p
        if params.top_k:
            noted[f"{_PREFIX}top_k"] = params.top_k
        if options.n != 1:
            noted[f"{_PREFIX}choice.count"] = options.n
        for name in _PENALTIES:
            if value := getattr(params, name):
                noted[_PREFIX + name] = value

    def end_http(self, record: AccessRecord, outcome: Outcome, scope: Scope, route: str, status: int) -> None:
        """End the span with its answer. ``route`` is the path as declared; the status 499 was not sent."""
        method = method_label(scope["method"])
        attributes: dict[str, Any] = {
            "http.request.method": "_OTHER" if method == "OTHER" else method,
            "http.route": route,
            "http.response.status_code": status,
            "network.protocol.version": scope.get("http_version", ""),
            "url.scheme": scope.get("scheme", ""),
        }
        if "{" not in route and route.startswith("/"):
            attributes["url.path"] = route
        self._span.rename(f"{method} {route}")
        self.end(record.model, outcome, attributes | self._usage(record))

    def end(self, model: str, outcome: Outcome, attributes: dict[str, Any]) -> None:
        """End the span. ``model`` is the served model or adapter, empty without one."""
        if self._operation:
            self._attributes["gen_ai.operation.name"] = self._operation
            self._attributes["gen_ai.provider.name"] = "trivium"
            if model:
                self._attributes |= {f"{_PREFIX}model": model, "gen_ai.response.model": model}
            attributes = attributes | self._attributes
        self._span.add(attributes)
        error = "" if outcome is Outcome.OK else ".".join(filter(None, outcome.value))
        self._span.end(error=error, is_fault=outcome.is_fault)

    def _usage(self, record: AccessRecord) -> dict[str, Any]:
        """What the completions and encodings of the request have used."""
        if not record.ids:
            return {}
        usage: dict[str, Any] = {
            "gen_ai.usage.input_tokens": record.prompt_tokens,
            "gen_ai.usage.output_tokens": record.generated_tokens,
            "gen_ai.usage.cache_read.input_tokens": record.cached_tokens,
            "gen_ai.response.finish_reasons": [str(reason) for reason in record.finish],
        }
        if record.ttft_seconds is not None and self._attributes.get(f"{_PREFIX}stream"):
            usage["gen_ai.response.time_to_first_chunk"] = record.ttft_seconds
        return usage


def current_trace() -> RequestTrace | None:
    """The trace of the request that is being answered, None if nobody will see it."""
    return _current.get()
