"""A request that will be refused for load is refused before it is tokenized, in every route."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from service.keys import rate_limits
from service.tasks.encoding.tokenizer import EncoderTokenizer
from service.tasks.text.tokenizer import Tokenizer
from tests.api.encoders import ScriptedEncoders
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.clock import Clock
from tests.fakes.engine import ScriptedEngine
from tests.keys.making import add_key, bearer

WORKING: dict[str, dict[str, Any]] = {
    "/v1/generate": {"prompt": "x"},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "x"}]},
    "/v1/completions": {"prompt": ["x", "y"]},
    "/v1/translate": {"text": "Good day.", "target_lang": "de"},
    "/v1/answer": {"question": "Who?", "context": "Ada."},
    "/translate": {"q": "Good day.", "source": "en", "target": "de"},
    "/v2/translate": {"text": ["Good day."], "target_lang": "DE"},
    "/": {"inputs": {"question": "Who?", "context": "Ada."}},
}


class Tokenizations:
    """Counts the texts that are tokenized."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.count = 0
        encode, offsets = Tokenizer.encode, Tokenizer.offsets

        def counted_encode(tokenizer: Tokenizer, text: str, **options: Any) -> list[int]:
            self.count += 1
            return encode(tokenizer, text, **options)

        def counted_offsets(tokenizer: Tokenizer, text: str) -> list[tuple[int, int]]:
            self.count += 1
            return offsets(tokenizer, text)

        patch.setattr(Tokenizer, "encode", counted_encode)
        patch.setattr(Tokenizer, "offsets", counted_offsets)


@pytest.fixture
def tokenizations(monkeypatch: pytest.MonkeyPatch) -> Tokenizations:
    return Tokenizations(monkeypatch)


@contextmanager
def full_service() -> Iterator[Scripted]:
    """A service with one place, which is taken."""
    engine = ScriptedEngine(holds_at=0)
    with scripted_service(engine, max_requests=1) as service, ExitStack() as held:
        held.callback(engine.release)
        held.enter_context(service.http.stream("POST", "/v1/generate", json={"prompt": "x", "stream": True}))
        assert engine.holding.wait(20)
        yield service


def post_all(service: Scripted, **options: Any) -> list[tuple[int, str]]:
    """Status and code, or message, of each route's answer."""
    answers = [service.http.post(path, json=body, **options) for path, body in WORKING.items()]
    return [(answer.status_code, answer.text) for answer in answers]


def test_an_accepted_request_is_tokenized(tokenizations: Tokenizations) -> None:
    with scripted_service() as service:
        assert service.http.post("/v1/generate", json={"prompt": "x"}).status_code == 200
        assert tokenizations.count > 0


def test_a_full_service_does_not_tokenize(tokenizations: Tokenizations) -> None:
    with full_service() as service:
        before = tokenizations.count
        for (status, text), path in zip(post_all(service), WORKING, strict=True):
            assert status == (400 if path == "/v1/completions" else 429), path  # two prompts never fit into one place
            assert "sequences" in text
        assert tokenizations.count == before


@pytest.mark.parametrize("status", ["loading", "restarting", "dead"])
def test_a_service_without_engine_does_not_tokenize(tokenizations: Tokenizations, status: str) -> None:
    with scripted_service() as service:
        service.engine.status = status
        assert {code for code, _ in post_all(service)} == {503}
        assert tokenizations.count == 0


def test_a_stopping_service_does_not_tokenize(tokenizations: Tokenizations) -> None:
    with scripted_service() as service:
        service.app.state.trivium.admissions.close()
        for status, text in post_all(service):
            assert (status, "stopping" in text) == (503, True)
        assert tokenizations.count == 0


def test_a_key_without_tokens_does_not_make_the_service_tokenize(
    tokenizations: Tokenizations, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(rate_limits, "time", Clock())  # the bucket does not refill
    path = tmp_path / "keys.json"
    headers = bearer(add_key(path, "poor", tokens_per_minute=7))
    with scripted_service(keys_file=path) as service:
        spent = service.http.post("/v1/completions", json={"prompt": "x", "max_tokens": 6}, headers=headers)
        assert spent.json()["usage"]["total_tokens"] == 7
        before = tokenizations.count
        for status, text in post_all(service, headers=headers):
            assert (status, "The key has used its 7 tokens a minute" in text) == (429, True)
        assert tokenizations.count == before


def test_a_refused_request_leaves_no_coroutine_behind(recwarn: pytest.WarningsRecorder) -> None:
    with scripted_service() as service:
        service.engine.status = "restarting"
        post_all(service)
    assert not [warning for warning in recwarn if "never awaited" in str(warning.message)]


def test_a_full_encoder_does_not_tokenize(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenized: list[str] = []
    tokenize = EncoderTokenizer.tokens_in_this_thread

    def recorded(tokenizer: EncoderTokenizer, texts: Sequence[str]) -> list[list[int]]:
        tokenized.extend(texts)
        return tokenize(tokenizer, texts)

    monkeypatch.setattr(EncoderTokenizer, "tokens_in_this_thread", recorded)
    encoders = ScriptedEncoders(tmp_path, holds=True)
    with scripted_service(encoders=encoders, max_requests=1) as service, ThreadPoolExecutor(1) as pool:
        held = pool.submit(service.http.post, "/v1/embeddings", json={"input": "first"})
        assert encoders.by_name["embedder"].holding.wait(20)
        for path, body in (
            ("/v1/embeddings", {"input": "second"}),
            ("/v1/embed", {"texts": ["second"]}),
            ("/score", {"text_1": "second", "text_2": "second", "model": "embedder"}),
            ("/pipeline/feature-extraction", {"inputs": "second"}),
        ):
            assert service.http.post(path, json=body).status_code == 429
        encoders.by_name["embedder"].release()
        assert held.result().status_code == 200
    assert tokenized == ["first"]
