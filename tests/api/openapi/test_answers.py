"""Real answers of every route are what the OpenAPI document says: whole answers, events of streams, and errors."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.engine.protocol.request import Request
from tests.api.encoders import ScriptedEncoders
from tests.api.keyed import keyed_service
from tests.api.openapi.document import Document
from tests.api.scripted import Scripted, scripted_service
from tests.api.umlauts import Umlauts
from tests.fakes.engine import ScriptedEngine
from tests.fakes.tokenizer import filling_tokenizer
from tests.keys.making import bearer

CHAT: dict[str, Any] = {"messages": [{"role": "user", "content": "x"}]}
TINY = {"model": "org/tiny"}
USAGE = {"include_usage": True, "continuous_usage_stats": True}
DOCUMENTS = [{"id": "a", "text": "It rains."}, {"id": "b", "text": "Ada came at six."}]
TRANSLATE = {"text": ["Good day. It is fine.", "123"], "target_lang": "de", "alternatives": 1}
QUESTION = {"question": "Who?", "context": "Ada came."}

DETAILS = {"details": True, "decoder_input_details": True, "top_n_tokens": 2}
LOGPROBS = "message.output_text.logprobs"
TOOL = {"type": "function", "name": "f", "parameters": {"type": "object"}}
CALLED = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c", "output": "y"}

GAP = {"input_prefix": "x", "input_suffix": "y"}
BATCH = {"input_file_id": "file-unknown", "endpoint": "/v1/completions", "completion_window": "24h"}

ENTRIES = {"source_lang": "en", "target_lang": "de", "entries": "day\tTag"}
EN_DE = "source_lang=EN&target_lang=DE"
GLOSSARY = {"name": "x", "dictionaries": [ENTRIES]}

PAIR = {"text_1": "x", "text_2": ["y", "z"]}
RANKING = {"query": "x", "documents": ["y", {"text": "z"}]}

DOCUMENT = "/v1/translate/document"
FILE: dict[str, Any] = {"data": {"target_lang": "de"}, "files": {"file": ("a.txt", b"Good day.")}}

# Route as in the document -> the requests to it: path and body. Every operation must be here.
CALLS: dict[tuple[str, str], list[tuple[str, Any]]] = {
    ("POST", "/v1/generate"): [
        ("/v1/generate", {"prompt": "人"}),
        ("/v1/generate", CHAT | {"max_tokens": 2}),
        ("/v1/generate", {"prompt": "x", "num_return_sequences": 2}),
        ("/v1/generate", {"prompt": "x", "stream": True}),
    ],
    ("POST", "/v1/translate"): [
        ("/v1/translate", TRANSLATE),
        ("/v1/translate", TRANSLATE | {"stream": True}),
        ("/v1/translate", TRANSLATE | {"memory": [{"source": "Good day.", "target": "Guten Tag."}]}),
        ("/v1/translate", TRANSLATE | {"source_lang": "en", "glossary": [{"source": "day", "target": "Tag"}]}),
    ],
    ("POST", DOCUMENT): [(DOCUMENT, None)],
    ("GET", f"{DOCUMENT}/{{id}}"): [(f"{DOCUMENT}/{{id}}", None)],
    ("GET", f"{DOCUMENT}/{{id}}/events"): [(f"{DOCUMENT}/{{id}}/events", None)],
    ("GET", f"{DOCUMENT}/{{id}}/result"): [(f"{DOCUMENT}/{{id}}/result", None)],
    ("DELETE", f"{DOCUMENT}/{{id}}"): [(f"{DOCUMENT}/{{id}}", None)],
    ("GET", "/v1/languages"): [("/v1/languages", None)],
    ("POST", "/v1/answer"): [
        ("/v1/answer", {"question": "x?"}),
        ("/v1/answer", {"question": "x?", "stream": True}),
        ("/v1/answer", {"question": "x?", "context": " "}),
        ("/v1/answer", {"question": "x?", "context": " ", "stream": True}),
        ("/v1/answer", {"question": "Who?", "documents": DOCUMENTS, "top_k": 2}),
        ("/v1/answer", {"question": "Who?", "documents": DOCUMENTS, "mode": "generative"}),
        ("/v1/answer", {"question": "Who?", "documents": DOCUMENTS, "mode": "generative", "stream": True}),
    ],
    ("POST", "/v1/chat/completions"): [
        ("/v1/chat/completions", CHAT | {"n": 2, "logprobs": True, "top_logprobs": 2}),
        ("/v1/chat/completions", CHAT | {"stream": True}),
        ("/v1/chat/completions", CHAT | {"stream": True, "logprobs": True, "stream_options": USAGE}),
    ],
    ("POST", "/v1/completions"): [
        ("/v1/completions", {"prompt": ["a", "bc"], "n": 2, "logprobs": 2, "echo": True, "max_tokens": 3}),
        ("/v1/completions", {"prompt": [65, 66], "echo": True, "logprobs": 1, "max_tokens": 0}),
        ("/v1/completions", {"prompt": "a", "stream": True}),
        ("/v1/completions", {"prompt": "a", "stream": True, "logprobs": 1, "echo": True, "stream_options": USAGE}),
    ],
    ("POST", "/v1/responses"): [
        ("/v1/responses", {"input": "x", "instructions": "y", "include": [LOGPROBS], "top_logprobs": 1}),
        ("/v1/responses", {"input": [CHAT["messages"][0], CALLED, RESULT], "tools": [TOOL], "store": False}),
        ("/v1/responses", {"input": "x", "max_output_tokens": 2, "metadata": {"a": "b"}}),
        ("/v1/responses", {"input": "x", "stream": True, "include": [LOGPROBS]}),
        ("/v1/responses", {"input": "x", "stream": True, "max_output_tokens": 2}),
    ],
    ("POST", "/v1/responses/input_tokens"): [("/v1/responses/input_tokens", {"input": "x", "tools": [TOOL]})],
    ("GET", "/v1/responses/{id}"): [("/v1/responses/{id}", None)],
    ("GET", "/v1/responses/{id}/input_items"): [("/v1/responses/{id}/input_items", None)],
    ("DELETE", "/v1/responses/{id}"): [("/v1/responses/{id}", None)],
    ("POST", "/v1/files"): [("/v1/files", None)],
    ("GET", "/v1/files"): [("/v1/files", None), ("/v1/files?limit=1&order=asc", None)],
    ("GET", "/v1/files/{id}"): [("/v1/files/{id}", None)],
    ("GET", "/v1/files/{id}/content"): [("/v1/files/{id}/content", None)],
    ("DELETE", "/v1/files/{id}"): [("/v1/files/{id}", None)],
    ("POST", "/v1/batches"): [("/v1/batches", BATCH), ("/v1/batches", BATCH | {"metadata": {"a": "b"}})],
    ("GET", "/v1/batches"): [("/v1/batches", None), ("/v1/batches?limit=1", None)],
    ("GET", "/v1/batches/{id}"): [("/v1/batches/{id}", None)],
    ("POST", "/v1/batches/{id}/cancel"): [("/v1/batches/{id}/cancel", None)],
    ("GET", "/v1/models"): [("/v1/models", None)],
    ("GET", "/v1/models/{id}"): [("/v1/models/org/tiny", None)],
    ("POST", "/v1/models/{id}/unload"): [("/v1/models/org/tiny/unload", None)],
    ("POST", "/v1/models/{id}/load"): [("/v1/models/org/tiny/load", None)],
    ("POST", "/v1/load_lora_adapter"): [("/v1/load_lora_adapter", {"lora_name": "sql", "lora_path": "/adapters/sql"})],
    ("POST", "/v1/unload_lora_adapter"): [("/v1/unload_lora_adapter", {"lora_name": "sql"})],
    ("GET", "/tokenizer_info"): [("/tokenizer_info", None)],
    ("POST", "/tokenize"): [
        ("/tokenize", {"prompt": "é", "return_token_strs": True}),
        ("/tokenize", CHAT),
        ("/tokenize", {"inputs": "é"}),
        ("/tokenize", {"content": "é"}),
        ("/tokenize", {"content": "é", "with_pieces": True}),
    ],
    ("POST", "/detokenize"): [("/detokenize", {"tokens": [65, 66]})],
    ("POST", "/v1/messages"): [
        ("/v1/messages", CHAT | {"max_tokens": 9}),
        ("/v1/messages", CHAT | {"max_tokens": 2, "stream": True}),
    ],
    ("POST", "/v1/messages/count_tokens"): [("/v1/messages/count_tokens", CHAT)],
    ("POST", "/api/chat"): [
        ("/api/chat", TINY | CHAT | {"stream": False}),
        ("/api/chat", TINY | CHAT | {"options": {"num_predict": 2}}),
        ("/api/chat", TINY),
    ],
    ("POST", "/api/generate"): [
        ("/api/generate", TINY | {"prompt": "x", "stream": False}),
        ("/api/generate", TINY | {"prompt": "x", "suffix": "y", "logprobs": True, "top_logprobs": 1}),
        ("/api/generate", TINY | {"prompt": "x", "stream": False, "logprobs": True}),
        ("/api/generate", TINY | {"prompt": "x"}),
        ("/api/generate", TINY),
    ],
    ("POST", "/api/embed"): [("/api/embed", {"model": "embedder", "input": ["x", "y"]})],
    ("POST", "/api/embeddings"): [("/api/embeddings", {"model": "embedder", "prompt": "x"})],
    ("GET", "/api/tags"): [("/api/tags", None)],
    ("GET", "/api/ps"): [("/api/ps", None)],
    ("POST", "/api/show"): [("/api/show", TINY), ("/api/show", {"name": "embedder"})],
    ("POST", "/api/pull"): [("/api/pull", TINY | {"stream": False}), ("/api/pull", TINY)],
    ("GET", "/api/version"): [("/api/version", None)],
    ("POST", "/translate"): [
        ("/translate", {"q": "Good day.", "source": "auto", "target": "de", "alternatives": 1}),
        ("/translate", {"q": ["Good day.", "5"], "source": "auto", "target": "de", "alternatives": 1}),
        ("/translate", {"q": ["Good day."], "source": "en", "target": "de"}),
    ],
    ("POST", "/detect"): [("/detect", {"q": "Bonjour tout le monde"}), ("/detect", {"q": "5"})],
    ("GET", "/languages"): [("/languages", None)],
    ("POST", "/translate_file"): [("/translate_file", None)],
    ("GET", "/download_file/{name}"): [("/download_file/{name}", None)],
    ("POST", "/v2/document"): [("/v2/document", None)],
    ("POST", "/v2/document/{id}"): [("/v2/document/{id}", None)],
    ("POST", "/v2/document/{id}/result"): [("/v2/document/{id}/result", None)],
    ("POST", "/v2/translate"): [
        ("/v2/translate", {"text": ["Good day."], "target_lang": "DE"}),
        (
            "/v2/translate",
            {"text": ["5"], "target_lang": "DE", "show_billed_characters": True, "model_type": "latency_optimized"},
        ),
    ],
    ("GET", "/v2/languages"): [("/v2/languages", None), ("/v2/languages?type=target", None)],
    ("GET", "/v2/usage"): [("/v2/usage", None)],
    ("GET", "/v3/languages"): [(f"/v3/languages?resource={name}", None) for name in ("translate_text", "voice")],
    ("GET", "/v3/languages/resources"): [("/v3/languages/resources", None)],
    ("POST", "/v2/glossaries"): [("/v2/glossaries", {"name": "x", **ENTRIES})],
    ("GET", "/v2/glossaries"): [("/v2/glossaries", None)],
    ("GET", "/v2/glossaries/{id}"): [("/v2/glossaries/{id}", None)],
    ("GET", "/v2/glossaries/{id}/entries"): [("/v2/glossaries/{id}/entries", None)],
    ("DELETE", "/v2/glossaries/{id}"): [("/v2/glossaries/{id}", None)],
    ("GET", "/v2/glossary-language-pairs"): [("/v2/glossary-language-pairs", None)],
    ("POST", "/v3/glossaries"): [("/v3/glossaries", GLOSSARY)],
    ("GET", "/v3/glossaries"): [("/v3/glossaries", None)],
    ("GET", "/v3/glossaries/{id}"): [("/v3/glossaries/{id}", None)],
    ("PATCH", "/v3/glossaries/{id}"): [("/v3/glossaries/{id}", {"name": "y", "dictionaries": [ENTRIES]})],
    ("DELETE", "/v3/glossaries/{id}"): [("/v3/glossaries/{id}", None)],
    ("GET", "/v3/glossaries/{id}/entries"): [(f"/v3/glossaries/{{id}}/entries?{EN_DE}", None)],
    ("PUT", "/v3/glossaries/{id}/dictionaries"): [("/v3/glossaries/{id}/dictionaries", ENTRIES)],
    ("DELETE", "/v3/glossaries/{id}/dictionaries"): [(f"/v3/glossaries/{{id}}/dictionaries?{EN_DE}", None)],
    ("POST", "/"): [
        ("/", {"inputs": "Good day.", "parameters": {"tgt_lang": "de"}}),
        ("/", {"inputs": QUESTION}),
        ("/", {"inputs": QUESTION, "parameters": {"top_k": 3, "handle_impossible_answer": True}}),
    ],
    ("POST", "/models/{id}/pipeline/{task}"): [
        ("/models/org/tiny/pipeline/question-answering", {"inputs": QUESTION}),
        ("/models/embedder/pipeline/feature-extraction", {"inputs": ["x", "y"]}),
        ("/models/embedder/pipeline/sentence-similarity", {"inputs": {"source_sentence": "x", "sentences": ["y"]}}),
        ("/models/classifier/pipeline/text-classification", {"inputs": [{"text": "x", "text_pair": "y"}]}),
    ],
    ("POST", "/v1/embeddings"): [
        ("/v1/embeddings", {"input": "x"}),
        ("/v1/embeddings", {"input": ["x", "y"], "encoding_format": "base64"}),
    ],
    ("POST", "/v1/embed"): [
        ("/v1/embed", {"texts": ["x"]}),
        ("/v1/embed", {"texts": ["x"], "embedding_types": ["float", "base64"]}),
    ],
    ("POST", "/v2/embed"): [("/v2/embed", {"texts": ["x"], "input_type": "search_query"})],
    ("POST", "/v1/explain"): [("/v1/explain", {"text": "abc"}), ("/v1/explain", {"text": "abc", "token": 2})],
    ("POST", "/v1/score"): [("/v1/score", PAIR), ("/v1/score", PAIR | {"model": "embedder"})],
    ("POST", "/score"): [("/score", PAIR)],
    ("POST", "/v1/rerank"): [("/v1/rerank", RANKING), ("/v1/rerank", RANKING | {"return_documents": True})],
    ("POST", "/v2/rerank"): [("/v2/rerank", RANKING)],
    ("POST", "/rerank"): [("/rerank", RANKING)],
    ("POST", "/generate"): [
        ("/generate", {"inputs": "x"}),
        ("/generate", {"inputs": "x", "parameters": DETAILS | {"best_of": 2, "temperature": 1.0}}),
    ],
    ("POST", "/generate_stream"): [
        ("/generate_stream", {"inputs": "x"}),
        ("/generate_stream", {"inputs": "x", "parameters": {"details": True, "top_n_tokens": 2}}),
    ],
    ("POST", "/completion"): [
        ("/completion", {"prompt": "x", "n_probs": 2, "return_tokens": True}),
        ("/completion", {"prompt": "x"}),
        ("/completion", {"prompt": [1, "x"], "stream": True, "n_probs": 1}),
    ],
    ("POST", "/apply-template"): [("/apply-template", CHAT)],
    ("POST", "/infill"): [
        ("/infill", GAP | {"n_probs": 1, "input_extra": [{"text": "x", "filename": "y"}]}),
        ("/infill", GAP | {"stream": True}),
    ],
    ("POST", "/embedding"): [("/embedding", {"content": ["x", "y"]})],
    ("GET", "/props"): [("/props", None)],
    ("GET", "/slots"): [("/slots", None)],
    ("POST", "/chat_tokenize"): [("/chat_tokenize", CHAT)],
    ("GET", "/info"): [("/info", None)],
    ("POST", "/models/{id}"): [
        ("/models/org/tiny", {"inputs": QUESTION}),
        ("/models/org/tiny", {"inputs": "x", "stream": False, "parameters": DETAILS}),
        ("/models/org/tiny", {"inputs": "x", "stream": True, "parameters": {"details": True}}),
    ],
    ("POST", "/pipeline/{task}"): [("/pipeline/question-answering", {"inputs": QUESTION})],
    ("GET", "/"): [("/", None)],
    ("GET", "/ping"): [("/ping", None)],
    ("GET", "/health"): [("/health", None)],
    ("GET", "/health/live"): [("/health/live", None)],
    ("GET", "/health/ready"): [("/health/ready", None)],
    ("GET", "/metrics"): [("/metrics", None)],
    ("GET", "/version"): [("/version", None)],
}
GOOD_DAY = {"inputs": "Good day.", "parameters": {"tgt_lang": "de"}}
# Routes that use the engine, with a request for one sequence.
ENGINE_ROUTES: dict[str, tuple[str, Any]] = {
    "/v1/generate": ("/v1/generate", {"prompt": "x"}),
    "/v1/translate": ("/v1/translate", {"text": "Good day.", "target_lang": "de"}),
    "/v1/answer": ("/v1/answer", {"question": "x?"}),
    "/v1/chat/completions": ("/v1/chat/completions", CHAT),
    "/v1/completions": ("/v1/completions", {"prompt": "x"}),
    "/v1/responses": ("/v1/responses", {"input": "x"}),
    "/translate": ("/translate", {"q": "Good day.", "source": "en", "target": "de"}),
    "/v2/translate": ("/v2/translate", {"text": ["Good day."], "target_lang": "DE"}),
    "/": ("/", GOOD_DAY),
    "/models/{id}": ("/models/org/tiny", GOOD_DAY),
    "/pipeline/{task}": ("/pipeline/translation", GOOD_DAY),
    "/generate": ("/generate", {"inputs": "x"}),
    "/v1/messages": ("/v1/messages", CHAT | {"max_tokens": 9}),
    "/completion": ("/completion", {"prompt": "x"}),
    "/infill": ("/infill", GAP),
    "/api/chat": ("/api/chat", TINY | CHAT | {"stream": False}),
    "/api/generate": ("/api/generate", TINY | {"prompt": "x", "stream": False}),
}


# Routes that use an encoder: the name of its model, and a request for one input.
ENCODER_ROUTES: dict[str, tuple[str, str, Any]] = {
    "/v1/embeddings": ("embedder", "/v1/embeddings", {"input": "x"}),
    "/v1/embed": ("embedder", "/v1/embed", {"texts": ["x"]}),
    "/v2/embed": ("embedder", "/v2/embed", {"texts": ["x"]}),
    "/api/embed": ("embedder", "/api/embed", {"model": "embedder", "input": "x"}),
    "/api/embeddings": ("embedder", "/api/embeddings", {"model": "embedder", "prompt": "x"}),
    "/embedding": ("embedder", "/embedding", {"content": "x"}),
    "/v1/score": ("reranker", "/v1/score", PAIR),
    "/score": ("reranker", "/score", PAIR),
    "/v1/rerank": ("reranker", "/v1/rerank", RANKING),
    "/v2/rerank": ("reranker", "/v2/rerank", RANKING),
    "/rerank": ("reranker", "/rerank", RANKING),
    "/models/{id}/pipeline/{task}": ("classifier", "/models/classifier/pipeline/text-classification", {"inputs": "x"}),
}


class TranslatingAndQuotingEngine(Umlauts):
    """Translates as ``Umlauts`` does, finds Ada in documents, and fills in."""

    def __init__(self, **options: Any) -> None:
        tokenizer = filling_tokenizer()
        super().__init__(vocab_size=tokenizer.vocab_size, **options)
        self.tokenizer = tokenizer

    def text_for(self, request: Request) -> str:
        if request.params.constraint is not None:
            return "Ada" if self.tokenizer.decode(request.prompt).endswith("assistant: ") else "da"
        if "Who?" in self.tokenizer.decode(request.prompt):
            return "\nQuote: Nobody.\nAnswer: Ada."
        return super().text_for(request)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripted]:
    encoders = ScriptedEncoders(tmp_path_factory.mktemp("encoders"))
    directory = tmp_path_factory.mktemp("batches")
    with scripted_service(TranslatingAndQuotingEngine(), encoders=encoders, batches_dir=directory) as service:
        yield service


@pytest.fixture(scope="module")
def document(service: Scripted) -> Document:
    return Document(service)


def send(service: Scripted, method: str, path: str, body: Any, **options: Any) -> httpx.Response:
    """A request. An ``{id}`` in the path is that of something that is stored now, and so is the input of a batch."""
    if path.startswith(f"{DOCUMENT}/"):
        done = service.http.post(DOCUMENT, files=FILE["files"], data=FILE["data"] | {"wait": "20"})
        path = path.format(id=done.headers["x-document-id"])
    elif path.startswith("/v2/document/"):
        made = service.http.post("/v2/document", **FILE).json()
        body = {"document_key": made["document_key"]}
        path = path.format(id=made["document_id"])
        service.http.post(f"/v2/document/{made['document_id']}", json=body).raise_for_status()  # waits for the end
    elif path == "/download_file/{name}":
        path = send(service, "POST", "/translate_file", None).json()["translatedFileUrl"]
    elif "{id}" in path:
        kind = path.split("/")[2]
        bodies = {"responses": {"input": "x"}, "batches": BATCH, "glossaries": GLOSSARY}
        version = "v3" if kind == "glossaries" else "v1"
        stored = send(service, "POST", f"/{version}/{kind}", bodies.get(kind)).json()
        path = path.format(id=stored["glossary_id" if kind == "glossaries" else "id"])
    if (method, path) == ("POST", "/v1/files"):
        return service.http.post(path, data={"purpose": "batch"}, files={"file": ("a", b"{}")})
    if method == "POST" and path in (DOCUMENT, "/v2/document", "/translate_file"):
        fields = {"source": "auto", "target": "de"} if path == "/translate_file" else FILE["data"]
        return service.http.post(path, data=fields, files=FILE["files"])
    if body and "input_file_id" in body:
        body = body | {"input_file_id": send(service, "POST", "/v1/files", None).json()["id"]}
    return service.http.request(method, path, json=body, **options)


def test_every_operation_is_called_here(document: Document) -> None:
    elsewhere = {("GET", "/v1/statistics")}  # tests/statistics reads its events, which have no end
    elsewhere |= {("POST", f"/v1/audio/{name}") for name in ("transcriptions", "translations")}  # they need speech
    assert set(document.operations()) == set(CALLS) | elsewhere


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_answers_are_as_documented(service: Scripted, document: Document, method: str, path: str) -> None:
    for url, body in CALLS[method, path]:
        response = send(service, method, url, body)
        assert response.is_success, response.text
        document.check(response, path)


def test_examples_are_as_documented(document: Document) -> None:
    examples = list(document.examples())
    assert len(examples) > 100
    for place, schema, example in examples:
        assert example is not None, place
        document.validate(schema, example)


@pytest.mark.parametrize("path", [path for method, path in CALLS if method == "POST" and CALLS[method, path][0][1]])
def test_refusals_are_as_documented(service: Scripted, document: Document, path: str) -> None:
    url, body = CALLS["POST", path][0]
    refusals: list[tuple[int, dict[str, Any]]] = [
        (400, {"json": {}}),
        (400, {"content": b"{", "headers": {"content-type": "application/json"}}),
        # Ollama's routes read every type as JSON, but not every encoding.
        (415, {"content": b"<a/>", "headers": {"content-type": "text/xml", "content-encoding": "br"}}),
    ]
    if not path.startswith("/api/"):
        refusals.append((415, {"content": b"<a/>", "headers": {"content-type": "text/xml"}}))
    if "model" in body or (path.startswith("/v1/") and not path.endswith("_adapter")):
        refusals.append((404, {"json": body | {"model": "another"}}))
    for status, request in refusals:
        response = service.http.post(url, **request)
        assert response.status_code == status, response.text
        document.check(response, path)


@pytest.mark.parametrize("path", sorted(ENGINE_ROUTES))
def test_errors_of_the_service_are_as_documented(document: Document, path: str) -> None:
    url, body = ENGINE_ROUTES[path]
    with scripted_service(TranslatingAndQuotingEngine(holds_at=0)) as service:
        late = send(service, "POST", url, body, headers={"x-request-timeout": "0.01"})
        assert late.status_code == 504
        document.check(late, path)
        service.engine.status = "restarting"
        unavailable = send(service, "POST", url, body)
        assert unavailable.status_code == (529 if path == "/v1/messages" else 503)
        document.check(unavailable, path)
    with scripted_service(TranslatingAndQuotingEngine(breaks_at=0)) as service:
        broken = send(service, "POST", url, body)
        assert broken.status_code == 500
        document.check(broken, path)


@pytest.mark.parametrize("path", sorted(ENCODER_ROUTES))
def test_errors_of_encoders_are_as_documented(document: Document, path: str, tmp_path: Path) -> None:
    name, url, body = ENCODER_ROUTES[path]
    encoders = ScriptedEncoders(tmp_path / "holds", holds=True)
    encoder = encoders.by_name[name]
    with scripted_service(encoders=encoders, max_requests=1) as service, ThreadPoolExecutor(1) as pool:
        late = send(service, "POST", url, body, headers={"x-request-timeout": "0.01"})
        encoder.holding.clear()
        held = pool.submit(send, service, "POST", url, body)
        assert encoder.holding.wait(20)
        busy = send(service, "POST", url, body)
        encoder.release()
        answered = held.result()
        encoder.status = "restarting"
        unavailable = send(service, "POST", url, body)
    encoders = ScriptedEncoders(tmp_path / "breaks", breaks=True)
    with scripted_service(encoders=encoders) as service:
        broken = send(service, "POST", url, body)
    for status, answer in ((504, late), (200, answered), (429, busy), (503, unavailable), (500, broken)):
        assert answer.status_code == status, answer.text
        document.check(answer, path)


def test_a_full_service_answers_as_documented(document: Document) -> None:
    engine = ScriptedEngine(holds_at=0)
    with scripted_service(engine, max_requests=1) as service:
        with service.http.stream("POST", "/v1/generate", json={"prompt": "x", "stream": True}):
            assert engine.holding.wait(20)
            for path, (url, body) in ENGINE_ROUTES.items():
                busy = send(service, "POST", url, body)
                assert busy.status_code == 429, path
                document.check(busy, path)
        engine.release()


def test_keys_are_refused_as_documented(document: Document, tmp_path: Path) -> None:
    encoder_routes = {path: (url, body) for path, (_, url, body) in ENCODER_ROUTES.items()}
    with keyed_service(tmp_path) as keyed:
        for path, (url, body) in (ENGINE_ROUTES | encoder_routes).items():
            unknown = send(keyed.service, "POST", url, body)
            assert unknown.status_code == 401, path
            document.check(unknown, path)
            forbidden = send(keyed.service, "POST", url, body, headers=bearer(keyed.secrets["metrics"]))
            assert forbidden.status_code == 403, path
            document.check(forbidden, path)
