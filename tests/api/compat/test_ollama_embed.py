"""Ollama's embeddings."""

from typing import Any

import httpx
import pytest

from tests.api.scripted import Scripted


def embed(service: Scripted, path: str = "/api/embed", **body: Any) -> httpx.Response:
    return service.http.post(path, json={"model": "embedder:latest"} | body)


def test_embeddings_have_length_1(encoder_service: Scripted) -> None:
    answer = embed(encoder_service, input=["When?", "It rains."]).json()
    assert [sum(x * x for x in vector) for vector in answer["embeddings"]] == pytest.approx([1, 1])
    assert answer["prompt_eval_count"] > 4
    assert min(answer["total_duration"], answer["load_duration"]) > 0
    [alone] = embed(encoder_service, input="When?").json()["embeddings"]
    assert alone == pytest.approx(answer["embeddings"][0])
    assert len(embed(encoder_service, input="When?", dimensions=2).json()["embeddings"][0]) == 2
    older = embed(encoder_service, "/api/embeddings", prompt="When?").json()["embedding"]
    assert len(older) == len(alone)


def test_long_texts_are_cut_unless_that_is_refused(encoder_service: Scripted) -> None:
    long = "a b c " * 100
    assert embed(encoder_service, input=long).json()["prompt_eval_count"] == 64
    assert embed(encoder_service, input=long, truncate=False).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {"input": []},
        {"input": ["x"] * 5},
        {"input": [1]},
        {"input": "x" * 1001},
        {"input": "x", "dimensions": 0},
        {"model": "org/tiny", "input": "x"},
    ],
)
def test_what_cannot_be_embedded_is_refused(encoder_service: Scripted, body: dict[str, Any]) -> None:
    response = embed(encoder_service, **body)
    assert (response.status_code, list(response.json())) == (400, ["error"])
