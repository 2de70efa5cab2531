"""Request and response bodies in the log: bounded, with the id of the request, and without secrets of keys."""

import logging

import pytest
from starlette.types import Message, Receive, Scope, Send

from service.api.middleware.access_log import AccessRecord
from service.api.middleware.body_logging import MAX_LOGGED_BYTES, BodyLoggingMiddleware
from service.keys.key import new_secret

SCOPE = {"type": "http", "method": "POST", "headers": []}


async def logged(caplog: pytest.LogCaptureFixture, request: bytes, response: bytes) -> list[logging.LogRecord]:
    """The log lines for an exchange of these bodies."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": response})

    async def receive() -> Message:
        return {"type": "http.request", "body": request}

    async def send(message: Message) -> None:
        pass

    AccessRecord.begin("req-1")
    with caplog.at_level(logging.INFO, "service.api.middleware.body_logging"):
        await BodyLoggingMiddleware(app)(SCOPE, receive, send)
    return caplog.records


async def test_both_bodies_are_on_one_line_with_the_id(caplog: pytest.LogCaptureFixture) -> None:
    (line,) = await logged(caplog, b"question", b"answer")
    values = vars(line)
    assert (values["request_id"], values["prompt"], values["output"]) == ("req-1", "question", "answer")


async def test_the_first_bytes_of_a_long_body_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    (line,) = await logged(caplog, b"a" * 10_000, b"b" * 10_000)
    assert vars(line)["prompt"] == "a" * MAX_LOGGED_BYTES
    assert vars(line)["output"] == "b" * MAX_LOGGED_BYTES


async def test_secrets_of_keys_are_removed(caplog: pytest.LogCaptureFixture) -> None:
    secret = new_secret()
    (line,) = await logged(caplog, f'{{"api_key": "{secret}", "q": "x"}}'.encode(), b"")
    assert vars(line)["prompt"] == '{"api_key": "tv-...", "q": "x"}'


async def test_a_request_without_a_body_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert await logged(caplog, b"", b"answer") == []
