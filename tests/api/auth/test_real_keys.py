"""A real server with keys: keys are added and revoked while it runs, and cached prefixes are not shared."""

import time
from pathlib import Path
from typing import Any

import pytest

from service.keys.file import KeyFile
from service.keys.key import Scope
from tests.keys.making import add_key, bearer
from tests.running_server import Server

SENTENCE = "What is the capital of France and of all the others who were here before"
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("/v1/generate", {"prompt": SENTENCE * 2}),
    ("/v1/completions", {"prompt": f"Say: {SENTENCE}"}),
    ("/v1/chat/completions", {"messages": [{"role": "user", "content": SENTENCE * 2}]}),
    ("/v1/translate", {"text": SENTENCE, "source_lang": "en", "target_lang": "de"}),
    ("/v1/answer", {"question": SENTENCE}),
    ("/v1/answer", {"question": "Who?", "context": SENTENCE * 2}),
]


@pytest.mark.parametrize(("path", "body"), CALLS)
def test_a_cached_prompt_is_used_for_its_own_key_only(
    keyed_server: Server, secrets: dict[str, str], path: str, body: dict[str, Any]
) -> None:
    def cached(name: str, **more: Any) -> bool:
        answer = keyed_server.http.post(path, json=body | {"max_tokens": 1} | more, headers=bearer(secrets[name]))
        return answer.raise_for_status().json()["usage"]["prompt_tokens_details"]["cached_tokens"] > 0

    assert [cached(name) for name in ("mine", "mine", "yours", "yours", "mine")] == [False, True, False, True, True]
    salted = [cached(name, cache_salt="salt") for name in ("mine", "yours", "mine", "yours")]
    assert salted == [False, False, True, True]


def test_keys_are_added_and_revoked_while_the_service_runs(keyed_server: Server, keys_file: Path) -> None:
    def seconds_until(status: int) -> float:
        started = time.monotonic()
        while (answer := keyed_server.http.get("/version", headers=bearer(secret))).status_code != status:
            assert answer.status_code in {200, 401}
            assert time.monotonic() - started < 10
        return time.monotonic() - started

    secret = add_key(keys_file, "guest", Scope.GENERATE)
    assert seconds_until(200) < 2
    assert keyed_server.http.get("/metrics", headers=bearer(secret)).status_code == 403
    KeyFile(keys_file).revoke("guest")
    assert seconds_until(401) < 2
    assert keyed_server.http.get("/version").status_code == 200


def test_wrong_keys_are_not_logged(keyed_server: Server) -> None:
    for headers in (bearer("tv-wrong"), {"x-api-key": "tv-wrong"}, bearer("tv-wrong") | {"x-api-key": "tv-other"}):
        assert keyed_server.http.post("/v1/generate", json={"prompt": "x"}, headers=headers).status_code in {400, 401}
    assert keyed_server.http.post("/translate", json={"api_key": "tv-wrong", "q": "x"}).status_code == 400
