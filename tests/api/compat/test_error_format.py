"""Any input to a compatible API is answered with that API's error object and a status below 500."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.api.compat.cohere.embed.request import CohereEmbedRequest
from service.api.compat.cohere.rerank.request import RerankRequest
from service.api.compat.deepl.request import DeepLTranslateRequest
from service.api.compat.huggingface.answering.request import QuestionParameters
from service.api.compat.huggingface.classification.request import ClassificationParameters
from service.api.compat.huggingface.embedding.request import FeatureExtractionRequest
from service.api.compat.huggingface.translation.request import HuggingFaceTranslateRequest, TranslationParameters
from service.api.compat.libretranslate.request import LibreTranslateRequest
from service.api.compat.ollama.chat.request import OllamaChatRequest
from service.api.compat.ollama.embed.request import OllamaEmbedRequest
from service.api.compat.ollama.generate.request import OllamaGenerateRequest
from service.api.compat.ollama.models.request import NamedModel
from service.api.compat.ollama.options import ModelOptions
from service.api.compat.tgi.request import TgiParameters, TgiRequest
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine

VALID: dict[str, dict[str, Any]] = {
    "/translate": {"q": "x", "source": "en", "target": "de"},
    "/detect": {"q": "x"},
    "/v2/translate": {"text": ["x"], "target_lang": "de"},
    "/v2/languages": {},
    "/": {"inputs": "x", "parameters": {"tgt_lang": "de"}},
    "/pipeline/question-answering": {"inputs": {"question": "x", "context": " "}},
    "/pipeline/feature-extraction": {"inputs": "x"},
    "/pipeline/sentence-similarity": {"inputs": {"source_sentence": "x", "sentences": ["y"]}},
    "/pipeline/text-classification": {"inputs": "x"},
    "/v1/rerank": {"query": "x", "documents": ["y"]},
    "/v1/embed": {"texts": ["x"]},
    "/generate": {"inputs": "x"},
    "/generate_stream": {"inputs": "x"},
    "/chat_tokenize": {"messages": [{"role": "user", "content": "x"}]},
    "/pipeline/text-generation": {"inputs": "x", "parameters": {"max_new_tokens": 2}},
    "/api/chat": {"model": "org/tiny", "messages": [{"role": "user", "content": "x"}], "stream": False},
    "/api/generate": {"model": "org/tiny", "prompt": "x", "stream": False},
    "/api/embed": {"model": "embedder", "input": "x"},
    "/api/show": {"model": "org/tiny"},
    "/api/pull": {"model": "org/tiny", "stream": False},
}
KEYS = {path: "message" if path.startswith(("/v1/", "/v2/")) else "error" for path in VALID}

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=20)
_NAMES = st.sampled_from(
    sorted(
        {"stream", "model", "tools", "foo"}.union(
            LibreTranslateRequest.model_fields,
            DeepLTranslateRequest.model_fields,
            HuggingFaceTranslateRequest.model_fields,
            TranslationParameters.model_fields,
            QuestionParameters.model_fields,
            FeatureExtractionRequest.model_fields,
            ClassificationParameters.model_fields,
            CohereEmbedRequest.model_fields,
            RerankRequest.model_fields,
            OllamaChatRequest.model_fields,
            OllamaGenerateRequest.model_fields,
            OllamaEmbedRequest.model_fields,
            ModelOptions.model_fields,
            TgiRequest.model_fields,
            TgiParameters.model_fields,
            NamedModel.model_fields,
        )
    )
)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner), max_leaves=8
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(path=st.sampled_from(sorted(VALID)), fields=st.dictionaries(_NAMES, _VALUES, max_size=4))
def test_no_body_causes_a_server_error(encoder_service: Scripted, path: str, fields: dict[str, Any]) -> None:
    body = json.dumps(VALID[path] | fields).encode()
    response = encoder_service.http.post(path, content=body, headers={"content-type": "application/json"})
    assert response.status_code in {200, 400, 404}
    if response.status_code != 200:
        assert set(response.json()) - {"error_type"} == {KEYS[path]}
        assert response.json()[KEYS[path]]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(path=st.sampled_from(["/translate", "/detect", "/v2/translate", "/v2/languages"]), body=st.binary(max_size=60))
def test_no_form_causes_a_server_error(hello: Scripted, path: str, body: bytes) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    start = b"q=x&source=en&target=de&text=x&target_lang=de&"
    response = hello.http.post(path, content=start + body, headers=form)
    assert response.status_code in {200, 400, 404}


@pytest.mark.parametrize(
    "path", ["/translate", "/v2/translate", "/", "/generate", "/generate_stream", "/api/chat", "/api/generate"]
)
def test_an_unexpected_error_is_a_500_without_its_message(path: str) -> None:
    class Broken(ScriptedEngine):
        def submit(self, requests: Any, stream: Any = None) -> Any:
            raise RuntimeError("secret")

    with scripted_service(Broken()) as service:
        response = service.http.post(path, json=VALID[path])
        assert response.status_code == 500
        assert response.json()[KEYS[path]] == "The service failed on this request"


@pytest.mark.parametrize(
    "path", ["/translate", "/v2/translate", "/", "/generate", "/generate_stream", "/api/chat", "/api/generate"]
)
def test_unknown_fields_are_listed_or_refused(hello: Scripted, path: str) -> None:
    body = VALID[path] | {"foo": 1}
    assert hello.http.post(path, json=body).headers["x-ignored-params"] == "foo"
    with scripted_service(strict_params=True) as service:
        response = service.http.post(path, json=body)
        assert (response.status_code, response.json()[KEYS[path]]) == (400, "foo: unknown field")
