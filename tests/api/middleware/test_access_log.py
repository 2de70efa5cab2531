"""The access log: the fields that a real service does not show in other tests."""

import asyncio
import logging

import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.middleware.access_log import current_record, note_model
from service.api.middleware.request_context import RequestContextMiddleware
from service.keys.caller import Caller
from service.metrics import Metrics
from tests.api.scripted import scripted_service
from tests.fakes.engine import ScriptedEngine


def fields(line: logging.LogRecord, *names: str) -> list[object]:
    """The extra values of a log line."""
    return [getattr(line, name) for name in names]


async def answer(app: ASGIApp, metrics: Metrics, caplog: pytest.LogCaptureFixture) -> logging.LogRecord:
    """The line of one request to the app."""

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        pass

    scope = {"type": "http", "method": "GET", "headers": []}
    caplog.clear()
    with caplog.at_level(logging.INFO, "service.api.middleware.access_log"):
        await RequestContextMiddleware(app, metrics=metrics)(scope, receive, send)
    (line,) = caplog.records
    return line


async def test_the_line_names_the_caller(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["user"] = Caller(name="accounting")
        await Response()(scope, receive, send)

    line = await answer(app, Metrics(), caplog)
    assert fields(line, "caller", "status", "route") == ["accounting", 200, "unknown"]


async def test_the_line_and_the_metrics_name_the_model_of_a_request(caplog: pytest.LogCaptureFixture) -> None:
    """Also if another task than the request's own notes it. A request without a model has none of an earlier one."""

    async def pick() -> None:
        note_model("chat")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.create_task(pick())
        await Response()(scope, receive, send)

    metrics = Metrics()
    assert fields(await answer(app, metrics, caplog), "model") == ["chat"]
    assert not hasattr(await answer(Response(), metrics, caplog), "model")
    text = metrics.render()[0].decode()
    assert 'trivium_http_requests_total{method="GET",model="chat",route="unknown",status="200"} 1.0' in text
    assert 'trivium_http_requests_total{method="GET",model="",route="unknown",status="200"} 1.0' in text
    assert 'trivium_http_request_duration_seconds_count{model="chat",route="unknown"} 1.0' in text


def test_outside_of_a_request_no_model_is_noted() -> None:
    note_model("chat")
    assert current_record() is None


def test_all_completions_of_a_request_are_on_its_line(caplog: pytest.LogCaptureFixture) -> None:
    """The completions of other requests are not."""
    with (
        caplog.at_level(logging.INFO, "service.api.middleware.access_log"),
        scripted_service(ScriptedEngine()) as service,
    ):
        bodies = [{"prompt": ["a", "bc"], "n": 2}, {"prompt": "x", "stream": True, "max_tokens": 2}]
        answers = [service.http.post("/v1/completions", json=body) for body in bodies]
    lines = {fields(line, "request_id")[0]: line for line in caplog.records}
    first, second = (lines[answer.headers["x-request-id"]] for answer in answers)
    assert fields(first, "ids") == [answers[0].json()["id"]]
    assert fields(first, "prompt_tokens", "generated_tokens", "finish") == [3, 24, "stop"]
    assert fields(second, "prompt_tokens", "generated_tokens", "finish") == [1, 2, "length"]
