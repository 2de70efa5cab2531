"""Which requests have a line in the access log, and whether it has the address of the client."""

import logging
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from service.api.auth.route_scopes import PUBLIC_ROUTES
from service.api.middleware.request_context import PROBES, RequestContextMiddleware
from service.metrics import Metrics
from service.settings import Settings
from tests.api.scripted import scripted_service
from tests.fakes.engine import ScriptedEngine

LOGGER = "service.api.middleware.access_log"


def test_probes_are_the_routes_of_health_and_of_metrics() -> None:
    health = {path for _, path in PUBLIC_ROUTES if not path.startswith(("/download_file", "/playground"))}
    assert health | {"/metrics"} == PROBES


@pytest.mark.parametrize("log_probes", [True, False])
def test_probes_that_succeed_may_have_no_line(log_probes: bool, caplog: pytest.LogCaptureFixture) -> None:
    """Those that fail, and other requests, have one."""
    caplog.set_level(logging.INFO, LOGGER)
    with scripted_service(ScriptedEngine(), log_probes=log_probes) as service:
        for path in PROBES:
            assert service.http.get(path).status_code == 200
        assert service.http.head("/health").status_code == 200
        assert service.http.post("/ping").status_code == 200
        assert service.http.get("/version").status_code == 200
        service.engine.status = "dead"
        assert service.http.get("/health/ready").status_code == 503
        assert service.http.get("/health/ready?model=none").status_code == 404
    lines = [(record.__dict__["route"], record.__dict__["status"]) for record in caplog.records]
    probes = [(path, 200) for path in PROBES] + [("/health", 200), ("/ping", 200)] if log_probes else []
    others = [("/version", 200), ("/health/ready", 503), ("/health/ready", 404)]
    assert sorted(lines) == sorted(probes + others)


async def line(app: ASGIApp, caplog: pytest.LogCaptureFixture, scope: Scope) -> logging.LogRecord:
    """The line of one request to the application."""

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        pass

    caplog.clear()
    caplog.set_level(logging.INFO, LOGGER)
    await app({"type": "http", "method": "GET", **scope}, receive, send)
    (record,) = caplog.records
    return record


async def empty(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body"})


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "client"),
    [
        ("127.0.0.1", "127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "198.51.100.1", "203.0.113.7", "198.51.100.1"),  # anyone can write the header
        ("10.0.0.0/8", "10.1.2.3", "192.0.2.1, 203.0.113.7, 10.9.9.9", "203.0.113.7"),
        ("10.0.0.0/8", "127.0.0.1", "203.0.113.7", "127.0.0.1"),
        (",", "127.0.0.1", "203.0.113.7", "127.0.0.1"),
        ("*", "198.51.100.1", "2001:db8::1", "2001:db8::1"),
        ("127.0.0.1", "127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1", "my secret", None),  # a text of a client is no address
    ],
)
async def test_only_trusted_proxies_tell_the_address_of_a_client(
    proxies: str, peer: str, forwarded: str | None, client: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    trusted = list(Settings.load({"trusted_proxies": proxies}).trusted_proxies)
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    for log_clients in (True, False):
        app = RequestContextMiddleware(empty, metrics=Metrics(), log_clients=log_clients)
        behind: Any = ProxyHeadersMiddleware(app, trusted)  # type: ignore[arg-type]
        found = await line(behind, caplog, {"client": (peer, 5000), "headers": headers})
        assert getattr(found, "client", None) == (client if log_clients else None)
