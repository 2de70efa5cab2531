"""The rate limits of keys: what is charged, what is refunded, and the headers that report it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.keys import rate_limits, watched_file
from service.keys.file import KeyFile
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.clock import Clock
from tests.keys.making import add_key, bearer

TOKENS, MORE_TOKENS = 1000, 5000
PROMPT = {"prompt": "x", "temperature": 0}  # one token; the answer has six


class Limited:
    """A service over a scripted engine with a stopped clock, and keys that are new in each test."""

    def __init__(self, service: Scripted, path: Path, clock: Clock) -> None:
        self.service = service
        self.engine = service.engine
        self.clock = clock
        self._path = path
        self.secrets: dict[str, str] = {}

    def renew(self) -> None:
        for name in self.secrets:
            KeyFile(self._path).revoke(name)
        limits: dict[str, dict[str, int]] = {
            "requests": {"requests_per_minute": 2},
            "tokens": {"tokens_per_minute": TOKENS},
            "plenty": {"tokens_per_minute": MORE_TOKENS},
            "free": {},
        }
        self.secrets = {name: add_key(self._path, name, **limit) for name, limit in limits.items()}
        self.engine.holds_at = self.engine.fails_at = self.engine.breaks_at = None
        self.engine.go.clear()
        self.engine.holding.clear()

    def post(self, name: str, path: str = "/v1/generate", **body: Any) -> httpx.Response:
        return self.service.http.post(path, json=PROMPT | body, headers=bearer(self.secrets[name]))

    def left(self, name: str = "tokens") -> int:
        """The remaining tokens of a key."""
        answer = self.service.http.get("/version", headers=bearer(self.secrets[name]))
        return int(answer.headers["x-ratelimit-remaining-tokens"])


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Limited]:
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    add_key(path, "first")
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        patch.setattr(rate_limits, "time", clock)
        patch.setattr(watched_file, "CHECK_SECONDS", 0.0)
        with scripted_service(keys_file=path, max_requests=2) as service:
            yield Limited(service, path, clock)


@pytest.fixture
def limited(service: Limited) -> Limited:
    service.renew()
    return service


def rate_limit_headers(answer: httpx.Response, what: str) -> list[str]:
    return [answer.headers[f"x-ratelimit-{each}-{what}"] for each in ("limit", "remaining", "reset")]


@pytest.mark.parametrize("stream", [False, True])
def test_requests_are_limited(limited: Limited, stream: bool) -> None:
    for left in ("1", "0"):
        answer = limited.post("requests", stream=stream)
        assert answer.status_code == 200
        assert rate_limit_headers(answer, "requests") == ["2", left, f"{30 * (2 - int(left))}.000s"]
        assert not [name for name in answer.headers if name.startswith("x-ratelimit") and "tokens" in name]
    limited.clock.now += 6
    for path, key in (("/v1/generate", "error"), ("/translate", "error"), ("/v2/translate", "message")):
        refused = limited.post("requests", path)
        assert (refused.status_code, list(refused.json())) == (429, [key])
        assert refused.headers["retry-after"] == "24"
        assert rate_limit_headers(refused, "requests") == ["2", "0", "54.000s"]
    assert refused.json()["message"] == "The key has used its 2 requests a minute"
    assert limited.post("free").status_code == 200
    limited.clock.now += 24
    assert limited.post("requests").status_code == 200
    assert limited.post("requests").status_code == 429


def test_a_key_without_limits_gets_no_headers(limited: Limited) -> None:
    assert not [name for name in limited.post("free").headers if name.startswith("x-ratelimit")]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/generate", {"max_tokens": 400}),
        ("/v1/completions", {"max_tokens": 400}),
        ("/v1/completions", {"max_tokens": 40, "n": 2, "prompt": ["abc"], "logprobs": 0}),
        ("/v1/chat/completions", {"max_tokens": 400, "messages": [{"role": "user", "content": "x"}]}),
        ("/v1/answer", {"max_tokens": 100, "question": "Who?"}),
    ],
)
def test_the_used_tokens_are_charged(limited: Limited, path: str, body: dict[str, Any]) -> None:
    answer = limited.post("tokens", path, **body)
    left = TOKENS - answer.json()["usage"]["total_tokens"]
    assert left < TOKENS
    assert rate_limit_headers(answer, "tokens") == [str(TOKENS), str(left), f"{(TOKENS - left) * 60 / TOKENS:.3f}s"]
    assert limited.left() == left
    streamed = limited.post("tokens", path, **body, stream=True)
    assert (
        int(streamed.headers["x-ratelimit-remaining-tokens"]) < left
    )  # the headers are sent before the usage is known
    assert limited.left() == TOKENS - 2 * (TOKENS - left)


def test_a_translation_is_charged_for_second_attempts(limited: Limited) -> None:
    """The scripted answer is no translation, so every sentence is tried again."""
    body = {"text": "Good morning.", "source_lang": "en", "target_lang": "de", "max_tokens": 40}
    answer = limited.post("plenty", "/v1/translate", **body)
    assert answer.status_code == 200
    assert limited.left("plenty") == MORE_TOKENS - answer.json()["usage"]["total_tokens"]


def test_a_request_above_the_limit_of_a_minute_is_refused_with_both_numbers(limited: Limited) -> None:
    refused = limited.post("tokens", max_tokens=TOKENS)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "too_many_tokens")
    assert str(TOKENS + 1) in refused.text
    assert f"the key has {TOKENS} a minute" in refused.text
    assert limited.left() == TOKENS


def test_a_running_request_is_charged_for_the_most_that_it_may_need(limited: Limited) -> None:
    limited.engine.holds_at = 2
    body = PROMPT | {"max_tokens": 599, "stream": True}
    headers = bearer(limited.secrets["tokens"])
    with limited.service.http.stream("POST", "/v1/generate", json=body, headers=headers) as stream:
        assert limited.engine.holding.wait(20)
        assert limited.left() == TOKENS - 600
        refused = limited.post("tokens", max_tokens=499)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "6")
        assert refused.json()["error"]["code"] == "rate_limit_exceeded"
        limited.clock.now += 6
        limited.engine.release()
        assert "[DONE]" in stream.read().decode()
    assert limited.left() == TOKENS  # 600 less the seven used were refunded, and 100 refilled


def test_a_refused_request_is_not_charged(limited: Limited) -> None:
    limited.engine.holds_at = 0
    headers = bearer(limited.secrets["free"])
    body = PROMPT | {"stream": True, "max_tokens": 3}
    with limited.service.http.stream("POST", "/v1/completions", json=body | {"n": 2}, headers=headers) as stream:
        assert limited.engine.holding.wait(20)
        for path in ("/v1/generate", "/v1/answer"):
            refused = limited.post("tokens", path, question="Who?", max_tokens=3)
            assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limit_exceeded")
            assert "service is busy" in refused.text
        limited.engine.release()
        stream.read()
    assert limited.post("tokens", max_tokens=3, stop=[""]).status_code == 400
    assert limited.left() == TOKENS


def test_a_request_that_the_service_failed_is_not_charged(limited: Limited) -> None:
    for limited.engine.fails_at, limited.engine.breaks_at in ((1, None), (None, 1)):
        for path, body in (("/v1/generate", {}), ("/v1/answer", {"question": "Who?"})):
            assert limited.post("tokens", path, max_tokens=3, **body).status_code == 500
            assert limited.left() == TOKENS


def test_a_client_that_disconnects_is_charged_for_the_used_tokens(limited: Limited) -> None:
    limited.engine.holds_at = 2
    headers = bearer(limited.secrets["tokens"])
    for stream in (True, False):
        limited.engine.holding.clear()
        before = limited.left()
        with httpx.Client(base_url=limited.service.url, timeout=20 if stream else 0.2) as http:
            body = PROMPT | {"max_tokens": 50, "stream": stream}
            if stream:
                with http.stream("POST", "/v1/generate", json=body, headers=headers):
                    assert limited.engine.holding.wait(20)
            else:
                with pytest.raises(httpx.ReadTimeout):
                    http.post("/v1/generate", json=body, headers=headers)
        assert limited.engine.idle.wait(20)
        assert limited.left() == before - 3  # a prompt of one token, and two generated tokens
