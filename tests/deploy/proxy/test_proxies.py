"""The service behind the real nginx and the real Caddy, with TLS: streams, clients that leave, errors, addresses."""

import asyncio
import logging
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.settings import Settings
from tests.api.scripted import Scripted, scripted_service
from tests.deploy.proxy.proxies import DEPLOY, NAMES, UPSTREAM, Certificate, Proxy, make_certificate, running_proxy
from tests.fakes.engine import ScriptedEngine

CLIENT = "127.0.0.2"  # the proxy connects from 127.0.0.1
STREAM = '{"prompt": "x", "stream": true}'
PREFIXES = ("", "/trivium")
MAX_BODY = 65536


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def service() -> Iterator[Scripted]:
    with scripted_service(ScriptedEngine(text="Hello"), log_clients=True, max_body_bytes=MAX_BODY) as service:
        yield service


@pytest.fixture(scope="module", params=NAMES)
def proxy(
    request: pytest.FixtureRequest,
    service: Scripted,
    certificate: Certificate,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Proxy]:
    directory = tmp_path_factory.mktemp("proxy") / request.param
    with running_proxy(request.param, directory, certificate, service.address) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def client(proxy: Proxy, certificate: Certificate) -> Iterator[httpx.Client]:
    """A client that trusts the certificate, and no other."""
    context = ssl.create_default_context(cafile=certificate.file)
    transport = httpx.HTTPTransport(verify=context, local_address=CLIENT)
    with httpx.Client(base_url=proxy.url, transport=transport, timeout=20) as client:
        yield client


@pytest.fixture
def held(service: Scripted) -> Iterator[ScriptedEngine]:
    """The engine makes one token of each sequence, and then waits until it is released."""
    engine = service.engine
    engine.holds_at, engine.go = 1, asyncio.Event()
    engine.holding.clear()
    yield engine
    engine.holds_at = None
    engine.release()
    assert engine.idle.wait(20)


def first_event(lines: Iterator[str]) -> str:
    """The data of the first event of a stream."""
    return next(line.removeprefix("data: ") for line in lines if line.startswith("data: "))


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_token_arrives_while_the_next_one_is_not_made(
    proxy: Proxy, certificate: Certificate, held: ScriptedEngine, prefix: str, version: str
) -> None:
    if (curl := shutil.which("curl")) is None:
        pytest.skip("curl is not installed")
    command = [curl, "--silent", "--no-buffer", "--fail-with-body", version, "--cacert", str(certificate.file)]
    command += ["--max-time", "60", "--header", "content-type: application/json", "--data", STREAM]
    command += ["--write-out", "%{http_version}", f"{proxy.url}{prefix}/v1/completions"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert '"H"' in first_event(process.stdout)
        assert held.holding.wait(20)
        assert not held.idle.is_set()
        held.release()
        rest = process.stdout.read().splitlines()
    assert [line for line in rest if line][-2] == "data: [DONE]"
    assert rest[-1].rstrip(".0") == version.removeprefix("--http").rstrip(".0")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_service_stops_when_its_client_leaves(client: httpx.Client, held: ScriptedEngine, prefix: str) -> None:
    """Caddy 2.6 now and then breaks off a stream ("use of closed network connection"): then another begins."""
    body = {"content": STREAM, "headers": {"content-type": "application/json"}}
    for _ in range(5):
        with client.stream("POST", f"{prefix}/v1/completions", **body) as response:  # type: ignore[arg-type]
            received = response.iter_lines()  # which ends the response when nobody holds it
            has_begun = '"H"' in next((line for line in received if line.startswith("data: ")), "")
            client_leaves = has_begun and not held.idle.is_set()
        assert held.idle.wait(20)  # nothing was released
        if client_leaves:
            return
    raise AssertionError("the proxy has broken off every stream")


def test_an_answer_without_a_token_is_the_service_s_own_504(client: httpx.Client, held: ScriptedEngine) -> None:
    held.holds_at = 0
    answer = client.post("/v1/completions", json={"prompt": "x"}, headers={"x-request-timeout": "0.05"})
    assert (answer.status_code, answer.json()["error"]["type"]) == (504, "timeout_error")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_large_body_gets_the_service_s_own_413(client: httpx.Client, prefix: str) -> None:
    answer = client.post(f"{prefix}/v1/completions", json={"prompt": "x" * (2 * MAX_BODY)})
    assert (answer.status_code, answer.json()["error"]["type"]) == (413, "invalid_request_error")
    assert str(MAX_BODY) in answer.json()["error"]["message"]


def test_the_log_has_the_address_of_the_client_and_not_what_it_says(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "service"):
        answer = client.post("/v1/completions", json={"prompt": "x"}, headers={"x-forwarded-for": "10.9.8.7"})
    assert answer.status_code == 200
    (line,) = lines(caplog, "/v1/completions")
    assert line.client == CLIENT


def test_a_request_has_one_id_everywhere(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "service"):
        own = client.get("/v1/models", headers={"x-request-id": "mine-1"}).headers["x-request-id"]
        made = client.get("/v1/models").headers["x-request-id"]
    assert own == "mine-1"
    assert re.fullmatch(r"[0-9a-f-]{32,36}", made)  # the service's own begin with req-
    assert [line.request_id for line in lines(caplog, "/v1/models")] == [own, made]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_health_is_open_and_metrics_are_not(client: httpx.Client, service: Scripted, prefix: str) -> None:
    assert client.get(f"{prefix}/health/ready").json() == {"status": "ok", "reason": ""}
    assert "openapi.json" in client.get(f"{prefix}/docs").text
    assert client.get(f"{prefix}/metrics").status_code == 404
    assert service.http.get("/metrics").status_code == 200


@pytest.mark.parametrize("proxy", ["nginx"], indirect=True)  # Caddy does so by itself, on port 80 only
def test_http_leads_to_https(proxy: Proxy) -> None:
    answer = httpx.get(f"http://127.0.0.1:{proxy.plain_port}/docs?a=b", verify=False)
    assert (answer.status_code, answer.headers["location"]) == (308, "https://127.0.0.1/docs?a=b")


@pytest.mark.parametrize("name", NAMES)
def test_a_service_that_is_away_is_a_503_in_words(tmp_path: Path, certificate: Certificate, name: str) -> None:
    nowhere = ("127.0.0.1", 1)  # no port for others
    with running_proxy(name, tmp_path / name, certificate, nowhere) as proxy:
        for prefix in PREFIXES:
            answer = httpx.get(f"{proxy.url}{prefix}/v1/models", verify=False)
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unreachable")
            assert int(answer.headers["retry-after"]) > 0
            assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_proxies_wait_longer_than_the_service(name: str) -> None:
    text = (DEPLOY / name).read_text(encoding="utf-8")
    (seconds,) = re.findall(r"read_timeout\s+(\d+)s", text)
    assert int(seconds) > Settings.model_fields["request_timeout"].default
    host, port = UPSTREAM.split(":")
    assert (host, int(port)) == (Settings.model_fields["host"].default, Settings.model_fields["port"].default)
    assert "127.0.0.1" in Settings.model_fields["trusted_proxies"].default  # so x-forwarded-for is believed


def lines(caplog: pytest.LogCaptureFixture, route: str) -> list[Any]:
    """The lines of the access log for a route."""
    return [each for each in caplog.records if each.message == "request" and getattr(each, "route", "") == route]
