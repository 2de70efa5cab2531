"""Ollama's official client, against a real service with a tiny language model and a tiny encoder."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import ollama
import pytest
from sentence_transformers import SentenceTransformer

from tests.running_server import Server

QUESTION = "Name a river."
MESSAGES = [{"role": "user", "content": QUESTION}]
GREEDY = {"temperature": 0, "num_predict": 12}
TEXTS = ["The café opens at eight.", "When does the café close?"]


@pytest.fixture
def client(four_models: Server) -> Iterator[ollama.Client]:
    with ollama.Client(four_models.url) as client:
        yield client


def expected(four_models: Server) -> str:
    body = {"messages": MESSAGES, "temperature": 0, "max_tokens": 12, "model": "chat"}
    return str(four_models.http.post("/v1/chat/completions", json=body).json()["choices"][0]["message"]["content"])


def test_chat(four_models: Server, client: ollama.Client) -> None:
    answer = client.chat("chat", MESSAGES, options=GREEDY)
    assert answer.message.content == expected(four_models)
    assert (answer.done, answer.done_reason, answer.eval_count) == (True, "length", 12)
    assert answer.prompt_eval_count
    assert answer.eval_duration
    parts = list(client.chat("chat:latest", MESSAGES, options=GREEDY, stream=True))
    assert "".join(part.message.content or "" for part in parts) == answer.message.content
    assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]


def test_generate(four_models: Server, client: ollama.Client) -> None:
    answer = client.generate("chat", QUESTION, options=GREEDY)
    assert answer.response == expected(four_models)
    parts = list(client.generate("chat", QUESTION, options=GREEDY, stream=True))
    assert "".join(part.response or "" for part in parts) == answer.response
    raw = client.generate("chat", QUESTION, raw=True, options=GREEDY)
    body = {"model": "chat", "prompt": QUESTION, "max_tokens": 12, "temperature": 0}
    assert raw.response == four_models.http.post("/v1/completions", json=body).json()["choices"][0]["text"]
    assert client.generate("chat").done_reason == "load"


def test_log_probabilities(four_models: Server, client: ollama.Client) -> None:
    """They are those of OpenAI's API."""
    body = {"model": "chat", "messages": MESSAGES, "temperature": 0, "max_tokens": 12, "logprobs": True}
    other = four_models.http.post("/v1/chat/completions", json=body | {"top_logprobs": 2}).json()["choices"][0][
        "logprobs"
    ]
    expected = [(each["token"], pytest.approx(each["logprob"])) for each in other["content"]]
    for answer in (
        client.chat("chat", MESSAGES, options=GREEDY, logprobs=True, top_logprobs=2),
        client.generate("chat", QUESTION, options=GREEDY, logprobs=True, top_logprobs=2),
    ):
        assert answer.logprobs is not None
        assert [(each.token, each.logprob) for each in answer.logprobs] == expected
        assert {len(each.top_logprobs or ()) for each in answer.logprobs} == {2}
    with pytest.raises(ollama.ResponseError, match="suffix: this model's tokenizer has no fill-in-the-middle tokens"):
        client.generate("chat", QUESTION, suffix="x")


def test_format(client: ollama.Client) -> None:
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    strict = schema | {"additionalProperties": False}
    answer = client.chat("chat", MESSAGES, format=strict, options={"seed": 1, "num_predict": 100})
    assert set(json.loads(answer.message.content or "")) == {"ok"}


async def test_async(four_models: Server) -> None:
    async with ollama.AsyncClient(four_models.url) as client:
        answer = await client.chat("chat", MESSAGES, options=GREEDY)
        parts = [part async for part in await client.chat("chat", MESSAGES, options=GREEDY, stream=True)]
        assert "".join(part.message.content or "" for part in parts) == answer.message.content == expected(four_models)
        with pytest.raises(ollama.ResponseError, match="not found"):
            await client.generate("llama3.2", "x")


def test_embeddings(client: ollama.Client, four_models_files: Path) -> None:
    vectors = SentenceTransformer(str(four_models_files / "embedder"), device="cpu").encode(
        TEXTS, normalize_embeddings=True
    )
    answer = client.embed("embedder", TEXTS)
    np.testing.assert_allclose(answer.embeddings, vectors, atol=1e-5)
    assert len(client.embeddings("embedder", TEXTS[0]).embedding) == len(vectors[0])


def test_models(client: ollama.Client) -> None:
    assert [model.model for model in client.list().models] == ["chat", "embedder", "reranker", "classifier"]
    running = client.ps().models[0]
    assert (running.name, running.context_length) == ("chat", 2048)
    shown = client.show("chat")
    assert shown.capabilities == ["completion", "tools"]
    assert shown.modelinfo
    assert client.pull("chat").status == "success"
    assert [part.status for part in client.pull("chat", stream=True)] == ["success"]


def test_errors(client: ollama.Client) -> None:
    with pytest.raises(ollama.ResponseError, match="not found") as unknown:
        client.chat("llama3.2", MESSAGES)
    assert unknown.value.status_code == httpx.codes.NOT_FOUND
    with pytest.raises(ollama.ResponseError, match="images") as refused:
        client.chat("chat", [{"role": "user", "content": "x", "images": [b"x"]}])
    assert refused.value.status_code == httpx.codes.BAD_REQUEST
    with pytest.raises(ollama.ResponseError, match="think"):
        list(client.chat("chat", MESSAGES, think=True, stream=True))
    with pytest.raises(ollama.ResponseError, match="cannot embed"):
        client.embed("chat", "x")
    with pytest.raises(ollama.ResponseError, match="pull"):
        client.create("mine", from_="chat")
