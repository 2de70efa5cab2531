"""The trace that a request belongs to, from the headers ``traceparent`` and ``tracestate`` (W3C Trace Context).

The service takes part without a tracing library too: its access log holds the ids that a trace is put together from.
"""

import re
import secrets
from dataclasses import dataclass, field, replace
from typing import Self

from starlette.datastructures import Headers, MutableHeaders

from service.traces.tracing import RemoteSpan, RequestSpan

# A later version than 00 may have more parts; ff is none, and an id is not zero.
_TRACEPARENT = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?!0{32})(?P<trace>[0-9a-f]{32})-(?!0{16})(?P<parent>[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?",
    re.ASCII,
)
_KEY = r"[a-z0-9][a-z0-9_*/@-]{0,255}"
_TRACESTATE = re.compile(rf"[ \t]*({_KEY}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{{0,256}})?[ \t]*", re.ASCII)
_MOST_MEMBERS = 32
_MOST_CHARACTERS = 512
_SAMPLED = 1


@dataclass(frozen=True, slots=True)
class TraceContext:
    """A request as a span of a trace. The ids are lower-case hexadecimal.

    ``parent_id`` is the caller's span, empty if the trace begins with the request.
    """

    trace_id: str
    parent_id: str
    is_sampled: bool
    state: str
    span_id: str = field(default_factory=lambda: secrets.token_hex(8))

    @classmethod
    def from_headers(cls, headers: Headers) -> Self | None:
        """The trace of a request; None without one, or with a header that is not valid, which starts no trace."""
        given = headers.getlist("traceparent")
        match = _TRACEPARENT.fullmatch(given[0].strip(" \t")) if len(given) == 1 else None
        if match is None or (match["more"] is not None and match["version"] == "00"):
            return None
        sampled = bool(int(match["flags"], 16) & _SAMPLED)
        return cls(match["trace"], match["parent"], sampled, _valid_state(headers.getlist("tracestate")))

    @property
    def caller(self) -> RemoteSpan:
        """The caller's span."""
        return RemoteSpan(self.trace_id, self.parent_id, self.is_sampled, self.state)

    @classmethod
    def of_span(cls, span: RequestSpan, given: "TraceContext | None") -> "TraceContext | None":
        """The context of a request with this span. A trace that begins here and is not recorded is none."""
        if given is not None:
            return replace(given, is_sampled=span.is_recorded, span_id=span.span_id)
        return cls(span.trace_id, "", True, "", span.span_id) if span.is_recorded else None

    def write(self, headers: MutableHeaders) -> None:
        """Tell the client the trace and the span of the answer, and its own state."""
        headers["traceresponse"] = f"00-{self.trace_id}-{self.span_id}-{int(self.is_sampled):02x}"
        if self.state:
            headers["tracestate"] = self.state


def _valid_state(given: list[str]) -> str:
    """The state as one header, or nothing if it is not valid."""
    state = ",".join(given)
    members = state.split(",")
    if len(state) > _MOST_CHARACTERS or len(members) > _MOST_MEMBERS:
        return ""
    return state if all(map(_TRACESTATE.fullmatch, members)) else ""
