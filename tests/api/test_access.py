"""The line of the log that each request has, where a real service does not show it."""

import logging

import pytest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.api.middleware.request_context import RequestContextMiddleware
from service.keys.caller import Caller
from service.metrics import Metrics
from tests.api.scripted import scripted_service
from tests.fakes.engine import ScriptedEngine


async def test_the_caller_is_named_where_somebody_knows_it(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["user"] = Caller(name="accounting")
        await Response()(scope, receive, send)

    async def nothing(*_: object) -> dict[str, str]:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "GET", "headers": []}
    with caplog.at_level(logging.INFO, "service.api.middleware.access_log"):
        await RequestContextMiddleware(app, metrics=Metrics())(scope, nothing, nothing)
    (line,) = caplog.records
    assert (line.caller, line.status, line.route) == ("accounting", 200, "unknown")


def test_completions_of_one_request_are_counted_together(caplog: pytest.LogCaptureFixture) -> None:
    """Those of others beside it are not."""
    with (
        caplog.at_level(logging.INFO, "service.api.middleware.access_log"),
        scripted_service(ScriptedEngine()) as service,
    ):
        bodies = [{"prompt": ["a", "bc"], "n": 2}, {"prompt": "x", "stream": True, "max_tokens": 2}]
        answers = [service.http.post("/v1/completions", json=body) for body in bodies]
    lines = {line.request_id: line for line in caplog.records}
    first, second = (lines[answer.headers["x-request-id"]] for answer in answers)
    assert first.ids == answers[0].json()["id"]
    assert (first.prompt_tokens, first.generated_tokens, first.finish) == (3, 24, "stop")
    assert (second.prompt_tokens, second.generated_tokens, second.finish) == (1, 2, "length")
