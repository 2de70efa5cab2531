"""The bytes of streams."""

import asyncio
import json
import re
import threading
from collections.abc import AsyncGenerator
from contextlib import ExitStack
from typing import Never

from openai import OpenAI
from starlette.types import Receive, Scope, Send

from service.api.native.tokens.response import DetokenizeResponse
from service.api.responses.event_stream import EventStream, event
from tests.api.raw_http import connection, events, post_bytes, read_until
from tests.api.scripted import Scripted, scripted_service, served
from tests.fakes.engine import ScriptedEngine

CHAT = {"messages": [{"role": "user", "content": "x"}], "stream": True}


def test_headers_and_line_ends(hello: Scripted) -> None:
    response = hello.http.post("/v1/chat/completions", json=CHAT)
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache, no-transform"
    assert response.headers["x-accel-buffering"] == "no"
    assert b"\r" not in response.content
    assert response.content.endswith(b"}\n\ndata: [DONE]\n\n")
    assert all(re.fullmatch(rb"data: [^\n]+", block) for block in response.content.split(b"\n\n")[:-1])


def test_json_is_ascii_and_survives_unicode_line_breaks() -> None:
    text = '你好\u2028a\u2029b\u0085c\x0bd\x1ee 👍 "quoted"\n\n'
    with scripted_service(ScriptedEngine(text=text)) as service:
        response = service.http.post("/v1/chat/completions", json=CHAT)
        assert response.content.isascii()
        lines = list(response.iter_lines())
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines if line not in {"", "data: [DONE]"}]
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == text


def test_a_heartbeat_breaks_the_silence_before_the_first_token_and_between_tokens() -> None:
    for position in (0, 3):
        engine = ScriptedEngine(holds_at=position)
        with scripted_service(engine, heartbeat_seconds=0.05) as service, connection(service.address) as sock:
            sock.sendall(post_bytes("/v1/chat/completions", json.dumps(CHAT).encode()))
            assert engine.holding.wait(20)
            read_until(sock, b": ping\n\n")
            engine.release()
            rest = read_until(sock, b"data: [DONE]\n\n")
            assert b"id:" not in rest.replace(b'"id":', b"")
            assert b"retry:" not in rest


def test_official_client_ignores_heartbeats() -> None:
    engine = ScriptedEngine(holds_at=2)
    with scripted_service(engine, heartbeat_seconds=0.01) as service:
        client = OpenAI(base_url=f"{service.url}/v1", api_key="none", max_retries=0)
        stream = client.chat.completions.create(
            model="org/tiny", messages=[{"role": "user", "content": "x"}], stream=True
        )
        text = ""
        for chunk in stream:
            text += chunk.choices[0].delta.content or ""
            if text == "He":
                engine.release()
        assert text == "Hello"


def test_an_error_in_the_stream_is_an_event_and_the_end() -> None:
    for engine in (ScriptedEngine(fails_at=2), ScriptedEngine(breaks_at=2)):
        with scripted_service(engine) as service:
            response = service.http.post("/v1/chat/completions", json=CHAT)
            assert response.status_code == 200
            *chunks, error = events(response)
            assert [chunk["choices"][0]["delta"].get("content") for chunk in chunks] == ["", "H", "e"]
            assert error["error"]["type"] == "server_error"
            assert "secret" not in response.text
            assert engine.idle.wait(20)


def test_an_error_before_the_first_byte_has_its_status() -> None:
    with scripted_service(ScriptedEngine()) as service:
        response = service.http.post("/v1/chat/completions", json=CHAT | {"max_tokens": 50_000})
        assert response.status_code == 400
        assert response.json()["error"]["code"] == "context_length_exceeded"
        assert not service.engine.requests


def test_a_stopping_service_ends_its_streams_with_an_error_and_the_end_mark() -> None:
    engine = ScriptedEngine(holds_at=2)
    with scripted_service(engine) as service, connection(service.address) as sock:
        sock.sendall(post_bytes("/v1/chat/completions", json.dumps(CHAT).encode()))
        assert engine.holding.wait(20)
        service.stop()
        ended = read_until(sock, b"data: [DONE]\n\n")
        assert b'"code":"draining"' in ended
        assert engine.idle.is_set()


def test_a_stopping_service_answers_waiting_json_requests() -> None:
    engine = ScriptedEngine(holds_at=2)
    with scripted_service(engine) as service, connection(service.address) as sock:
        sock.sendall(post_bytes("/v1/generate", b'{"prompt": "x"}'))
        assert engine.holding.wait(20)
        service.stop()
        assert read_until(sock, b'"code":"draining"').startswith(b"HTTP/1.1 503")
        assert engine.idle.is_set()


def test_a_client_that_does_not_read_is_cut() -> None:
    """The socket buffers fill. The service waits for its send timeout and then releases everything the stream held."""
    let_go, gone = threading.Event(), threading.Event()

    async def never() -> Never:
        await asyncio.Event().wait()
        raise AssertionError

    async def endless() -> AsyncGenerator[bytes, None]:
        while True:
            yield event(DetokenizeResponse("x" * 60_000, ""))
            await asyncio.sleep(0)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        owned = ExitStack()
        owned.callback(let_go.set)
        await receive()
        stream = EventStream(endless(), owned=owned, watch_deadline=never, heartbeat=0.05, patience=0.2)
        await stream(scope, receive, send)
        assert (await receive())["type"] == "http.disconnect"  # cut: the client itself is still there
        gone.set()

    with served(app) as (address, _), connection(address) as sock:
        sock.sendall(post_bytes("/", b"{}"))
        assert let_go.wait(20)
        assert gone.wait(20)
