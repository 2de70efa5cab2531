"""Raw bytes at the socket: any bytes get a status below 500 or a closed connection, and the service continues."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.api.compat.anthropic.messages.request import MessagesRequest
from service.api.compat.cohere.embed.request import CohereEmbedRequest
from service.api.compat.cohere.rerank.request import RerankRequest
from service.api.compat.huggingface.embedding.request import FeatureExtractionRequest
from service.api.compat.llamacpp.request import LlamaCompletionRequest
from service.api.compat.ollama.chat.request import OllamaChatRequest
from service.api.compat.ollama.generate.request import OllamaGenerateRequest
from service.api.compat.tgi.request import TgiParameters
from service.api.native.answer.request import AnswerRequest
from service.api.native.generate.request import GenerateRequest
from service.api.native.score.request import ScoreRequest
from service.api.native.translate.request import TranslateRequest
from service.api.openai.embeddings.request import EmbeddingsRequest
from tests.api.raw_http import connection, post_bytes, read_until
from tests.fuzz.conftest import EXAMPLES
from tests.running_server import Server

pytestmark = pytest.mark.fuzz

JSON_ROUTES = ["/v1/generate", "/v1/chat/completions", "/v1/completions", "/v1/translate", "/v1/answer", "/tokenize"]
JSON_ROUTES += ["/completion", "/apply-template", "/embedding"]
JSON_ROUTES += ["/v1/embeddings", "/v1/score", "/v1/rerank", "/v1/embed", "/"]
JSON_ROUTES += [
    "/generate",
    "/v1/messages",
    "/v1/messages/count_tokens",
    "/generate_stream",
    "/chat_tokenize",
    "/api/chat",
    "/api/generate",
    "/api/embed",
    "/api/show",
    "/api/pull",
]
GOOD = post_bytes("/v1/completions", b'{"prompt": "a", "max_tokens": 1}')
SHORT = settings(
    max_examples=EXAMPLES or 40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# Values that have broken other services: half surrogates, numbers outside of every type, texts that look like JSON.
nasty_text = st.sampled_from(
    ["\x00", "\\ud800", "\\udfff\\ud800", "\\u0000", "\u2028", "\ufeff", "a" * 5000, "{% x %}"]
)
nasty = st.sampled_from(
    ["1e999", "-1e999", "NaN", "Infinity", "9" * 5000, "-0", "1" + "0" * 400, "null", "[]", "{}", '""', "0.1e-400"]
)
depth = st.integers(1, 20_000)
values = st.one_of(nasty, nasty_text.map(lambda text: f'"{text}"'), depth.map(lambda n: "[" * n + "]" * n))
names = st.sampled_from(
    sorted(
        {
            *GenerateRequest.model_fields,
            *TranslateRequest.model_fields,
            *AnswerRequest.model_fields,
            *EmbeddingsRequest.model_fields,
            *ScoreRequest.model_fields,
            *RerankRequest.model_fields,
            *CohereEmbedRequest.model_fields,
            *FeatureExtractionRequest.model_fields,
            *MessagesRequest.model_fields,
            *OllamaChatRequest.model_fields,
            *OllamaGenerateRequest.model_fields,
            *TgiParameters.model_fields,
            *LlamaCompletionRequest.model_fields,
        }
    )
)
BASE = [
    '"prompt": "a"',
    '"messages": [{"role": "user", "content": "a"}]',
    '"text": "a"',
    '"target_lang": "fr"',
    '"question": "a"',
    '"input": "a"',
    '"inputs": "a"',
    '"texts": ["a"]',
    '"text_1": "a"',
    '"text_2": ["a"]',
    '"query": "a"',
    '"documents": [{"id": "a", "text": "a"}]',
    '"max_tokens": 2',
]


def answer_statuses(server: Server, data: bytes) -> list[int]:
    """The statuses of the answers until the service closes the connection or waits for more."""
    received = b""
    with connection(server.address) as sock, suppress(ConnectionResetError, BrokenPipeError, TimeoutError):
        sock.sendall(data)
        sock.settimeout(0.1)
        while chunk := sock.recv(65536):
            received += chunk
    return [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]


def check(server: Server, data: bytes) -> None:
    """Send the bytes. No answer may be a fault of the service, and the service must still be ready."""
    assert all(status < 500 for status in answer_statuses(server, data))
    assert server.http.get("/health/ready").status_code == 200


@SHORT
@given(st.binary(max_size=500))
def test_random_bytes(fuzzed_server: Server, data: bytes) -> None:
    check(fuzzed_server, data)


@SHORT
@given(st.data())
def test_a_request_that_is_truncated_doubled_or_changed(fuzzed_server: Server, data: st.DataObject) -> None:
    pieces = []
    for _ in range(data.draw(st.integers(1, 4))):
        start, end = sorted(data.draw(st.tuples(st.integers(0, len(GOOD)), st.integers(0, len(GOOD)))))
        changed = bytearray(GOOD)
        changed[start:end] = data.draw(st.one_of(st.just(b""), st.binary(max_size=20), st.just(GOOD[start:end] * 2)))
        pieces.append(bytes(changed))
    check(fuzzed_server, b"".join(pieces))


@SHORT
@given(
    path=st.sampled_from(JSON_ROUTES),
    fields=st.lists(st.tuples(names, values), max_size=4),
)
def test_unusual_json(fuzzed_server: Server, path: str, fields: list[tuple[str, str]]) -> None:
    body = "{" + ", ".join([*BASE, *(f'"{name}": {value}' for name, value in fields)]) + "}"
    with connection(fuzzed_server.address) as sock:
        sock.sendall(post_bytes(path, body.encode(), "connection: close"))
        status = int(read_until(sock, b"\r\n\r\n")[9:12])
    assert status < 500


@pytest.mark.parametrize(
    "data",
    [
        b"POST /v1/generate HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"POST /v1/generate HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffffff\r\n",
        b"POST /v1/generate HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
        b"POST /v1/generate HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"POST /v1/generate HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"POST /v1/generate HTTP/1.1\r\nhost: x\r\ncontent-length: " + b"9" * 5000 + b"\r\n\r\n",
        "POST /v1/generate HTTP/1.1\r\nhost: x\r\ncontent-length: ٣\r\n\r\nabc".encode(),
        b"GET /health HTTP/1.1\r\n" + b"a: b\r\n" * 50_000 + b"\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET /%00%ff%fe HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET /v1/models/%ed%a0%80 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nhost: x\r\nx-request-id: a\x0b\r\n\r\n",
        b"GET /health HTTP/9.9\r\nhost: x\r\n\r\n",
        b"POST /v1/generate HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\nabc",
        b"GET /health HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        GOOD * 50,
        post_bytes("/v1/generate", b'{"prompt": "\xff\xfe"}'),
        post_bytes("/v1/generate", b'\xef\xbb\xbf{"prompt": "a"}'),
        post_bytes("/v1/generate", '{"prompt": "a"}'.encode("utf-16")),
        post_bytes("/v1/generate", b'{"a":' * 100_000),
        post_bytes("/v1/generate", b'{"prompt": "a", "max_tokens": ' + b"9" * 100_000 + b"}"),
        post_bytes("/v1/embeddings", b'{"input": [' + b"1," * 500_000 + b"1]}"),
        post_bytes("/v1/embeddings", b'{"input": [[' + b"1],[" * 100_000 + b"1]]}"),
        post_bytes("/v1/embeddings", b'{"input": "' + b"a " * 1_000_000 + b'", "truncate": true}'),
        post_bytes("/v1/rerank", b'{"query": "a", "documents": [' + b'"a",' * 100_000 + b'"a"]}'),
        post_bytes("/v1/generate", json.dumps({f"f{i}": i for i in range(20_000)} | {"prompt": "a"}).encode()),
    ],
)
def test_known_attacks(fuzzed_server: Server, data: bytes) -> None:
    check(fuzzed_server, data)


@pytest.mark.parametrize("text", ["\ud800", "a\udfff"])
@pytest.mark.parametrize("route", JSON_ROUTES)
def test_half_surrogates_are_refused_or_replaced(fuzzed_server: Server, route: str, text: str) -> None:
    body: dict[str, Any] = {
        "prompt": text,
        "messages": [{"role": "user", "content": text}],
        "text": text,
        "target_lang": "fr",
        "question": text,
        "context": text,
        "max_tokens": 2,
        "input": [text],
        "inputs": [text],
        "texts": [text],
        "text_1": text,
        "text_2": [text],
        "query": text,
        "documents": [text],
    }
    wanted: dict[str, tuple[str, ...]] = {
        "/v1/chat/completions": ("messages", "max_tokens"),
        "/v1/translate": ("text", "target_lang"),
    }
    wanted |= {"/v1/answer": ("question", "context"), "/tokenize": ("prompt",), "/v1/embeddings": ("input",)}
    wanted |= {"/v1/score": ("text_1", "text_2"), "/v1/rerank": ("query", "documents"), "/": ("inputs",)}
    wanted |= {"/v1/embed": ("texts",)}
    fields = {name: body[name] for name in wanted.get(route, ("prompt", "max_tokens"))}
    assert (
        fuzzed_server.http.post(
            route, content=json.dumps(fields), headers={"content-type": "application/json"}
        ).status_code
        < 500
    )
