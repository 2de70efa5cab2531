"""No request is answered without a key, and no key can call a route whose scopes it lacks."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from typing import Any

import deepl
import httpx
import pytest
from fastapi import APIRouter, FastAPI
from libretranslatepy import LibreTranslateAPI
from openai import AuthenticationError, OpenAI, PermissionDeniedError
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from service.api import errors
from service.api.auth.middleware import AuthMiddleware
from service.api.auth.route_scopes import ANY_KEY
from service.api.middleware.body_limit import BodyLimitMiddleware
from service.keys.authenticator import open_authenticator
from service.keys.file import KeyFile
from service.keys.key import Scope
from service.metrics import Metrics
from tests.api.keyed import ACCEPTED_SCOPES, WITHOUT_KEY, Keyed, keyed_service
from tests.api.raw_http import connection, read_until
from tests.api.umlauts import Umlauts
from tests.keys.making import add_key, bearer

METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "FOO"]
TO_GERMAN = {"q": "Good.", "source": "en", "target": "de"}


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    with keyed_service(tmp_path_factory.mktemp("keys"), Umlauts()) as keyed:
        yield keyed


def walk(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Every method and path that the router knows, at any depth."""
    for route in routes:
        if (router := getattr(route, "original_router", None)) is not None:
            yield from walk(router.routes)
        elif (inner := getattr(route, "routes", None)) is not None:
            yield from walk(inner)
        else:
            yield from ((method, route.path) for method in route.methods)  # type: ignore[attr-defined]


def example_of(path: str) -> str:
    """A path that a client may request. It unloads no model that other tests need."""
    return path.replace("{id:path}", "org/another").replace("{task}", "translation").replace("{name}", "swagger-ui.css")


def test_every_route_has_an_expected_scope(keyed: Keyed) -> None:
    assert set(walk(keyed.service.app.routes)) == ACCEPTED_SCOPES.keys() | WITHOUT_KEY


def test_without_a_key_every_route_except_the_public_ones_is_401(keyed: Keyed) -> None:
    paths = {example_of(path) for _, path in walk(keyed.service.app.routes)}
    unknown = {
        "/never/heard/of",
        "/docs/assets/",
        "/redoc",
        "/docs/oauth2-redirect",
        "/v1",
        "/%2e%2e/metrics",
        "/%2e",
    }
    variants = {f"{path}/" for path in paths} | {f"/{path}" for path in paths} | {f"{path}%2F" for path in paths}
    open_ = set()
    # Thousands of requests: httpx would take more of the processor than the service.
    with closing(HTTPConnection(*keyed.service.address)) as http:
        for path in paths | unknown | variants:
            for method in METHODS:
                http.request(method, path)
                answer = http.getresponse()
                answer.read()
                if answer.status == 401:
                    assert answer.headers["www-authenticate"] == "Bearer"
                else:
                    # The names here are those of no files.
                    is_file = path.startswith(("/download_file/", "/playground/assets/"))
                    assert answer.status == (404 if is_file else 200)
                    open_.add((method, path))
    public = {(method, example_of(path)) for method, path in WITHOUT_KEY}
    assert open_ == public | {("HEAD", path) for method, path in public if method == "GET"}
    assert keyed.service.engine.requests == []


def test_a_target_that_is_not_a_path_is_401_too(keyed: Keyed) -> None:
    for line in (b"OPTIONS * HTTP/1.1", f"GET {keyed.service.url}/metrics HTTP/1.1".encode(), b"GET metrics HTTP/1.1"):
        with connection(keyed.service.address) as sock:
            sock.sendall(line + b"\r\nhost: x\r\nconnection: close\r\n\r\n")
            assert read_until(sock, b"\r\n").split()[1] in {b"401", b"400"}


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("route", ACCEPTED_SCOPES, ids="_".join)
def test_a_key_can_call_the_routes_of_its_scope_only(keyed: Keyed, route: tuple[str, str], scope: Scope) -> None:
    method, path = route
    answer = keyed.service.http.request(method, example_of(path), headers=bearer(keyed.secrets[scope]))
    assert answer.status_code != 401
    allowed = scope is Scope.ADMIN or scope in ACCEPTED_SCOPES[route]
    assert (answer.status_code != 403) == allowed, answer.text


def test_only_a_request_with_a_key_gets_404_or_405(keyed: Keyed) -> None:
    http, headers = keyed.service.http, bearer(keyed.secrets["metrics"])
    assert http.get("/never/heard/of", headers=headers).status_code == 404
    assert http.get("/v1/generate", headers=headers).status_code == 405
    assert http.post("/v1/generate/", headers=headers).status_code == 307


def test_where_the_payload_chooses_the_task_its_scope_is_checked(keyed: Keyed) -> None:
    question = {"inputs": {"question": "x", "context": " "}}
    for body, scope, other in ((question, "answer", "translate"), (HF_TRANSLATION, "translate", "answer")):
        assert keyed.service.http.post("/", json=body, headers=bearer(keyed.secrets[scope])).status_code == 200
        refused = keyed.service.http.post("/", json=body, headers=bearer(keyed.secrets[other]))
        assert (refused.status_code, list(refused.json())) == (403, ["error", "error_type"])


HF_TRANSLATION = {"inputs": "Good.", "parameters": {"src_lang": "en", "tgt_lang": "de"}}


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/v1/generate", {"error": {"message", "type", "param", "code"}}),
        ("/never/heard/of", {"error": {"message", "type", "param", "code"}}),
        ("/translate", {"error": None}),
        ("/v2/translate", {"message": None}),
        ("/", {"error": None, "error_type": None}),
    ],
)
def test_a_refusal_has_the_error_format_of_its_route(keyed: Keyed, path: str, shape: dict[str, Any]) -> None:
    for headers in ({}, bearer("tv-wrong"), bearer(keyed.secrets["expired"])):
        answer = keyed.service.http.post(path, headers=headers)
        assert answer.status_code == 401
        assert answer.json().keys() == shape.keys()
        for name, fields in shape.items():
            assert fields is None or answer.json()[name].keys() == fields
        assert not [secret for secret in (*keyed.secrets.values(), "tv-wrong") if secret in answer.text]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authorization", "Bearer {}"),
        ("Authorization", "bearer  {}"),
        ("authorization", "DeepL-Auth-Key {}"),
        ("x-api-key", "{}"),
    ],
)
def test_every_header_for_keys_is_accepted(keyed: Keyed, name: str, value: str) -> None:
    def status(secret: str) -> int:
        return keyed.service.http.get("/version", headers={name: value.format(secret)}).status_code

    assert status(keyed.secrets["answer"]) == 200
    for wrong in ("tv-wrong", keyed.secrets["expired"], keyed.secrets["answer"][:-1]):
        assert status(wrong) == 401


@pytest.mark.parametrize("value", ["{}", "Basic {}", "Bearer", "Bearer{}", "Token {}", "Bearer \xff{}"])
def test_malformed_headers_contain_no_key(keyed: Keyed, value: str) -> None:
    sent = value.format(keyed.secrets["answer"]).encode("latin-1")
    assert keyed.service.http.get("/version", headers=[(b"authorization", sent)]).status_code == 401


def test_two_different_keys_are_refused(keyed: Keyed) -> None:
    one, other = keyed.secrets["answer"], keyed.secrets["generate"]

    def status(*headers: tuple[str, str]) -> int:
        return keyed.service.http.get("/version", headers=list(headers)).status_code

    assert status(("authorization", f"Bearer {one}"), ("x-api-key", one)) == 200
    assert status(("authorization", f"Bearer {one}"), ("x-api-key", other)) == 400
    assert status(("authorization", f"Bearer {one}"), ("authorization", f"DeepL-Auth-Key {other}")) == 400
    assert status(("x-api-key", "tv-wrong"), ("x-api-key", other)) == 400


@pytest.mark.parametrize("path", ["/version", "/translate?api_key=x", "/v1/generate?stream=1"])
def test_a_key_in_the_url_is_refused(keyed: Keyed, path: str) -> None:
    secret = keyed.secrets["translate"]
    url = f"{path}{'&' if '?' in path else '?'}api_key={secret}"
    for headers in ({}, bearer(secret)):
        refused = keyed.service.http.post(url, headers=headers, json=TO_GERMAN)
        assert refused.status_code == 400
        assert "api_key" in refused.text
        assert secret not in refused.text


@pytest.mark.parametrize("form", [False, True])
@pytest.mark.parametrize("path", ["/translate", "/detect"])
def test_libretranslate_clients_may_send_the_key_in_the_body(keyed: Keyed, path: str, form: bool) -> None:
    def status(fields: dict[str, Any], headers: dict[str, str] | None = None) -> int:
        body: Any = {"data": TO_GERMAN | fields} if form else {"json": TO_GERMAN | fields}
        return keyed.service.http.post(path, headers=headers, **body).status_code

    mine, other = keyed.secrets["translate"], keyed.secrets["generate"]
    assert status({"api_key": mine}) == 200
    assert status({"api_key": mine}, bearer(mine)) == 200
    assert status({"api_key": ""}, bearer(mine)) == 200
    assert status({}) == status({"api_key": ""}) == status({"api_key": "tv-wrong"}) == 401
    assert status({"api_key": keyed.secrets["expired"]}) == 401
    assert status({"api_key": other}) == 403
    assert status({"api_key": other}, bearer(mine)) == 400
    assert status({"api_key": [mine, other]}) == (400 if form else 401)


def test_a_key_in_the_body_is_ignored_on_other_routes(keyed: Keyed) -> None:
    for path in ("/v1/generate", "/v2/translate", "/", "/languages"):
        assert keyed.service.http.post(path, json={"api_key": keyed.secrets["admin"]}).status_code == 401


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b'{"api_key": 1}', b'"x"', b"\xff", b'{"api_key": "\\ud800"}']
)
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_malformed_body_contains_no_key(keyed: Keyed, body: bytes, kind: str) -> None:
    answer = keyed.service.http.post("/translate", content=body, headers={"content-type": kind})
    assert answer.status_code == 401
    known = bearer(keyed.secrets["translate"]) | {"content-type": kind}
    assert keyed.service.http.post("/translate", content=body, headers=known).status_code in {400, 415}


def test_a_body_with_a_key_is_read_up_to_the_limit_only(keyed: Keyed) -> None:
    with connection(keyed.service.address) as sock:
        head = "POST /translate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n"
        sock.sendall(head.format(1 << 30).encode())
        assert read_until(sock, b"\r\n").split()[1] == b"413"


def test_official_clients_can_authenticate(keyed: Keyed) -> None:
    url, secrets = keyed.service.url, keyed.secrets
    with OpenAI(base_url=f"{url}/v1", api_key=secrets["generate"], max_retries=0) as client:
        assert client.models.list().data
        assert client.completions.create(model="tgi", prompt="x", max_tokens=1).choices
    with OpenAI(base_url=f"{url}/v1", api_key="tv-wrong", max_retries=0) as client, pytest.raises(AuthenticationError):
        client.models.list()
    with (
        OpenAI(base_url=f"{url}/v1", api_key=secrets["answer"], max_retries=0) as client,
        pytest.raises(PermissionDeniedError),
    ):
        client.completions.create(model="tgi", prompt="x")
    translated = deepl.Translator(secrets["translate"], server_url=url).translate_text("Good.", target_lang="DE")
    assert str(translated) == "Gööd."
    assert LibreTranslateAPI(url, api_key=secrets["translate"]).translate("Good.", "en", "de") == "Gööd."


def test_refusals_are_counted_by_reason_only(keyed: Keyed) -> None:
    headers = bearer(keyed.secrets["metrics"])
    keyed.service.http.get("/version", headers=bearer("tv-wrong"))
    lines = keyed.service.http.get("/metrics", headers=headers).text.splitlines()
    known = ["ambiguous", "expired", "invalid", "misplaced", "missing"]
    reasons = {line.split('"')[1] for line in lines if line.startswith("trivium_keys_refused_total{")}
    assert "invalid_api_key" in reasons
    assert reasons <= {*(f"{word}_api_key" for word in known), "missing_scope"}


async def test_a_route_without_a_declared_scope_is_for_admin_only(keyed: Keyed) -> None:
    app = _app_with_auth(keyed)
    app.add_api_route("/forgotten", lambda: "x")
    app.add_api_route("/declared", lambda: "x", dependencies=[ANY_KEY])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        for scope in Scope:
            status = (await http.get("/forgotten", headers=bearer(keyed.secrets[scope]))).status_code
            assert status == (200 if scope is Scope.ADMIN else 403)
            assert (await http.get("/declared", headers=bearer(keyed.secrets[scope]))).status_code == 200


@pytest.mark.parametrize("hidden", ["mount", "prefix"])
async def test_a_route_that_auth_cannot_see_is_an_error(keyed: Keyed, hidden: str) -> None:
    app = _app_with_auth(keyed)
    if hidden == "mount":
        app.router.routes.append(Mount("/files", StaticFiles(directory=keyed.path.parent)))
    else:
        router = APIRouter()
        router.add_api_route("/x", lambda: "x")
        app.include_router(router, prefix="/more")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        with pytest.raises(TypeError, match="auth cannot see"):
            await http.get("/health")


def _app_with_auth(keyed: Keyed) -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.add_middleware(
        AuthMiddleware,
        routes=app.routes,
        authenticator=open_authenticator(keyed.path),
        metrics=Metrics(),
        limit_body=partial(BodyLimitMiddleware, limit=1000, seconds=60),
    )
    errors.install(app)
    return app


def test_a_revoked_key_is_refused(keyed: Keyed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.keys.watched_file.CHECK_SECONDS", 0.0)
    secret = add_key(keyed.path, "guest", Scope.ANSWER)
    assert keyed.service.http.get("/version", headers=bearer(secret)).status_code == 200
    KeyFile(keyed.path).revoke("guest")
    assert keyed.service.http.get("/version", headers=bearer(secret)).status_code == 401
