"""W3C Trace Context: which headers are taken over, and where the trace is told."""

import logging
import re

import pytest
from starlette.datastructures import Headers, MutableHeaders

from service.api.middleware.trace_context import TraceContext
from tests.api.scripted import Scripted

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
VALID = f"00-{TRACE}-{PARENT}-01"


def context(traceparent: str, *states: str) -> TraceContext | None:
    """The trace of a request with these headers."""
    pairs = [("traceparent", traceparent), *(("tracestate", state) for state in states)]
    raw = [(name.encode(), value.encode("latin-1")) for name, value in pairs]
    return TraceContext.from_headers(Headers(raw=raw))


@pytest.mark.parametrize(
    ("header", "sampled"),
    [(VALID, True), (VALID[:-2] + "00", False), (VALID[:-2] + "03", True), (f"cc-{VALID[3:]}-what-will-be", True)],
)
def test_valid_headers(header: str, sampled: bool) -> None:
    trace = context(header)
    assert trace is not None
    assert (trace.trace_id, trace.parent_id, trace.is_sampled) == (TRACE, PARENT, sampled)


@pytest.mark.parametrize(
    "header",
    [
        "",
        VALID.upper(),
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{VALID[3:]}",
        f"{VALID}-more",
        f"cc-{VALID[3:]}more",
        f"00-{TRACE}{PARENT}-01",
        f"00-{TRACE[1:]}-{PARENT}-01",
        f"00-{TRACE[1:]}\xb2-{PARENT}-01",
        VALID[:-1],
    ],
)
def test_headers_that_are_not_valid(header: str) -> None:
    assert context(header) is None


def test_two_headers_are_none() -> None:
    assert TraceContext.from_headers(Headers(raw=[(b"traceparent", VALID.encode())] * 2)) is None


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], None),
        (["congo=t61rcWkgMzE, rojo@x=00f067aa0ba902b7"], "congo=t61rcWkgMzE, rojo@x=00f067aa0ba902b7"),
        (["a=1", "b=2"], "a=1,b=2"),
        (["a=1,,b=2"], "a=1,,b=2"),
        (["A=1"], None),
        (["a=1;b\x7f"], None),
        (["a"], None),
        (["a=1=2"], None),
        ([",".join(f"a{i}=1" for i in range(33))], None),
        (["a=" + "x" * 256 + ",b=" + "y" * 255], None),
    ],
)
def test_the_state_is_given_back_if_it_is_valid(states: list[str], expected: str | None) -> None:
    trace = context(VALID, *states)
    assert trace is not None
    headers = MutableHeaders()
    trace.write(headers)
    assert headers.get("tracestate") == expected


def test_the_answer_and_the_access_log_name_the_trace(hello: Scripted, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "service.api.middleware.access_log"):
        answers = [hello.http.get(path, headers={"traceparent": VALID}) for path in ("/version", "/nothing")]
        alone = hello.http.get("/version", headers={"traceparent": "secret", "tracestate": "a=1"})
    spans = [re.fullmatch(rf"00-{TRACE}-([0-9a-f]{{16}})-01", each.headers["traceresponse"]) for each in answers]
    first, second = (span[1] for span in spans if span)
    assert len({first, second, PARENT}) == 3
    lines = {line.__dict__["request_id"]: line.__dict__ for line in caplog.records}
    line = lines[answers[0].headers["x-request-id"]]
    assert (line["trace_id"], line["span_id"], line["parent_id"]) == (TRACE, first, PARENT)
    assert alone.headers.keys().isdisjoint({"traceresponse", "tracestate"})
    assert "trace_id" not in lines[alone.headers["x-request-id"]]
