"""The outermost layer of every request: its id, its metrics, its line in the access log, and the last error handler.

Plain ASGI: nothing here touches a body or stands between a stream and its client.
"""

import asyncio
import ipaddress
import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.errors import CLIENT_CLOSED_REQUEST, respond, stopping
from service.api.middleware.access_log import AccessRecord
from service.api.middleware.request_trace import RequestTrace
from service.api.middleware.trace_context import TraceContext
from service.api.outcome import begin_request, noted_outcome, outcome_of_answer
from service.api.wire.in_process import IN_PROCESS_CALLER
from service.metrics import Metrics, method_label
from service.outcomes import Outcome
from service.traces.tracing import NO_TRACING, RequestSpan, Tracing

logger = logging.getLogger(__name__)

PROBES = frozenset({"/", "/health", "/health/live", "/health/ready", "/metrics", "/ping"})  # routes

_VALID_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)


class RequestContextMiddleware:
    """Handles ``x-request-id`` and traces, counts and logs responses, and answers 500 for uncaught exceptions.

    A response that its client did not wait for is counted with status 499. A call from within the process is logged and
    has an outcome, and is no HTTP request in the metrics. Without ``log_probes`` probes that succeed have no line, and
    with ``log_clients`` lines have the addresses of clients. Probes have no spans.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        tracing: Tracing = NO_TRACING,
        log_probes: bool = True,
        log_clients: bool = False,
    ) -> None:
        self.app = app
        self.metrics = metrics
        self.tracing = tracing
        self.log_probes = log_probes
        self.log_clients = log_clients

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _VALID_ID.fullmatch(given) else f"req-{uuid.uuid4().hex}"
        trace = TraceContext.from_headers(headers)
        span = None if scope.get("path") in PROBES else self._begin_span(scope, trace)
        request_trace = RequestTrace.begin(span)
        if span is not None:
            trace = TraceContext.of_span(span, trace)
        record = AccessRecord.begin(request_id, trace)
        begin_request()
        started = time.perf_counter()
        status, complete, disconnected = 0, False, False

        async def watched_receive() -> Message:
            nonlocal disconnected
            message = await receive()
            disconnected = disconnected or message["type"] == "http.disconnect"
            return message

        async def watched_send(message: Message) -> None:
            nonlocal status, complete
            if message["type"] == "http.response.start":
                status = message["status"]
                answer_headers = MutableHeaders(scope=message)
                answer_headers["x-request-id"] = request_id
                answer_headers["request-id"] = request_id  # Anthropic's name
                if trace is not None:
                    trace.write(answer_headers)
            elif not message.get("more_body", False) and not complete:
                complete = True  # counted before the last byte leaves, so that a client with the answer finds the count
                count(CLIENT_CLOSED_REQUEST if disconnected else status)
            await send(message)

        def count(status: int) -> None:
            seconds = time.perf_counter() - started
            route, method = _route(scope), method_label(scope["method"])
            outcome = _outcome(status)
            self.metrics.observe_request(outcome, record.model)
            if IN_PROCESS_CALLER not in scope:
                self.metrics.observe_http(route, method, status, seconds, record.model)
            if request_trace is not None:
                request_trace.end_http(record, outcome, scope, route, status)
            if not self.log_probes and route in PROBES and status < 400:
                return
            caller = getattr(scope.get("user"), "name", "")
            client = _address(scope) if self.log_clients else ""
            record.write(
                outcome, method=method, route=route, status=status, seconds=seconds, caller=caller, client=client
            )

        incomplete_status = CLIENT_CLOSED_REQUEST
        try:
            await self.app(scope, watched_receive, watched_send)
        except asyncio.CancelledError:  # the server has stopped waiting for this request
            if status:
                raise
            await respond(stopping(), scope)(scope, receive, watched_send)
        except Exception as error:
            incomplete_status = 500
            logger.error("request %s failed", request_id)
            answer = respond(error, scope)  # notes the outcome of a response that has begun too
            if status:
                raise
            await answer(scope, receive, watched_send)
        finally:
            if not complete:
                count(incomplete_status)

    def _begin_span(self, scope: Scope, trace: TraceContext | None) -> RequestSpan | None:
        caller = None if trace is None else trace.caller
        is_server = IN_PROCESS_CALLER not in scope
        return self.tracing.begin(method_label(scope["method"]), caller, is_server=is_server)


def _outcome(status: int) -> Outcome:
    """The outcome of the current request. A client that left has no refusal: half a body is no invalid one."""
    noted = noted_outcome() or outcome_of_answer(status)
    return Outcome.CLIENT_GONE if status == CLIENT_CLOSED_REQUEST and noted.kind == "refused" else noted


def _address(scope: Scope) -> str:
    """The address of the client. Behind a trusted proxy it is a part of a header, so it may be any text: then none."""
    host = (scope.get("client") or ("",))[0]
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ""


def _route(scope: Scope) -> str:
    """The path as the route declares it: a bounded set of values, unlike the paths of requests."""
    return getattr(scope.get("route"), "path", "unknown")
