"""CORS: what a browser on another origin may do."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from service.keys.key import Scope
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine
from tests.keys.making import add_key

APP = "https://app.example.org"
PATHS = ["/v1/chat/completions", "/translate", "/v2/translate", "/", "/health", "/never/heard/of"]


def preflight(http: httpx.Client, path: str, origin: str, **headers: str) -> httpx.Response:
    """What a browser sends before it posts JSON with a key."""
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
    return http.options(path, headers={"origin": origin, **asked, **headers})


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("origins", [(), (APP,)])
def test_a_refused_preflight_names_the_setting(path: str, origins: tuple[str, ...]) -> None:
    with scripted_service(cors_origins=origins) as service:
        refused = preflight(service.http, path, "https://other.example.org")
        assert refused.status_code == 403
        assert "cors_origins" in refused.text
        assert "other.example.org" not in refused.text
        assert "access-control-allow-origin" not in refused.headers
        assert refused.headers["x-request-id"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("origins", "allowed"), [((APP, "http://localhost:3000"), APP), (("*",), "*")])
def test_an_allowed_origin_may_send_anything_and_read_the_answer(
    path: str, origins: tuple[str, ...], allowed: str
) -> None:
    with scripted_service(cors_origins=origins) as service:
        asked = preflight(service.http, path, APP, **{"access-control-request-private-network": "true"})
        assert asked.status_code == 200
        assert asked.headers["access-control-allow-origin"] == allowed
        assert asked.headers["access-control-allow-headers"] == "authorization,content-type"
        assert "POST" in asked.headers["access-control-allow-methods"]
        assert asked.headers["access-control-allow-private-network"] == "true"
        answer = service.http.post(path, json={}, headers={"origin": APP})
        assert answer.headers.get_list("access-control-allow-origin") == [allowed]
        assert "x-request-id" in answer.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in answer.headers


def test_a_stream_and_a_failure_can_be_read_too() -> None:
    class Broken(ScriptedEngine):
        def submit(self, requests: Any, stream: Any = None) -> Any:
            raise RuntimeError

    body = {"prompt": "x"}
    with scripted_service(cors_origins=(APP,)) as service:
        stream = service.http.post("/v1/generate", json=body | {"stream": True}, headers={"origin": APP})
        assert (stream.status_code, stream.headers["access-control-allow-origin"]) == (200, APP)
    with scripted_service(Broken(), cors_origins=(APP,)) as service:
        failed = service.http.post("/v1/generate", json=body, headers={"origin": APP})
        assert (failed.status_code, failed.headers["access-control-allow-origin"]) == (500, APP)


def test_other_origins_and_programs_get_no_headers_that_allow() -> None:
    with scripted_service(cors_origins=(APP,)) as service:
        for headers in ({"origin": "https://app.example.org.evil.example"}, {"origin": "null"}, {}):
            answer = service.http.get("/health", headers=headers)
            assert answer.status_code == 200
            assert "access-control-allow-origin" not in answer.headers


def test_options_without_an_origin_is_no_preflight(hello: Scripted) -> None:
    assert hello.http.options("/v1/generate").status_code == 405
    assert "access-control-allow-origin" not in hello.http.get("/health", headers={"origin": APP}).headers


def test_with_keys_a_preflight_needs_none_and_a_refused_key_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    secret = add_key(path, "a", Scope.GENERATE)
    with scripted_service(cors_origins=(APP,), keys_file=path) as service:
        assert preflight(service.http, "/v1/generate", APP).status_code == 200
        refused = service.http.post("/v1/generate", json={"prompt": "x"}, headers={"origin": APP})
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, APP)
        headers = {"origin": APP, "authorization": f"Bearer {secret}"}
        assert service.http.post("/v1/generate", json={"prompt": "x"}, headers=headers).status_code == 200
