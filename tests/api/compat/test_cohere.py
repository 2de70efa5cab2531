"""Cohere's routes, and Jina's re-ranking, over scripted encoders."""

import base64
import json
import struct
from collections.abc import Iterator
from typing import Any

import cohere
import httpx
import pytest

from tests.api.encoders import ScriptedEncoders
from tests.api.scripted import Scripted

RERANK_ROUTES = ("/v1/rerank", "/v2/rerank", "/rerank")
DOCUMENTS = ["It rains.", "The café opens at eight in the evening.", "Ada Lund keeps it"]
LONG = "The lighthouse keeper is Ada Lund. " * 20


def post(service: Scripted, path: str, **body: Any) -> httpx.Response:
    usual = {"query": "When?", "documents": DOCUMENTS} if "rerank" in path else {"texts": ["When?", "It rains."]}
    return service.http.post(path, json=usual | body)


@pytest.mark.parametrize("path", RERANK_ROUTES)
def test_documents_are_ordered_by_relevance(encoder_service: Scripted, path: str) -> None:
    answer = post(encoder_service, path).json()
    assert [result["index"] for result in answer["results"]] == [1, 2, 0]
    scores = [result["relevance_score"] for result in answer["results"]]
    assert sorted(scores, reverse=True) == scores
    assert 0 < scores[-1] < scores[0] < 1
    assert not any("document" in result for result in answer["results"])
    assert answer["model"] == "reranker"
    assert answer["id"].startswith("rank-")
    tokens = answer["usage"]["total_tokens"]
    assert answer["usage"] == {"prompt_tokens": tokens, "total_tokens": tokens}
    assert answer["meta"]["tokens"] == {"input_tokens": tokens}
    assert answer["meta"]["api_version"] == {"version": "2" if path.startswith("/v2") else "1"}


def test_the_best_documents_are_returned_if_asked_for(encoder_service: Scripted) -> None:
    documents = [{"text": DOCUMENTS[0]}, DOCUMENTS[1]]
    (result,) = post(encoder_service, "/v1/rerank", documents=documents, top_n=1, return_documents=True).json()[
        "results"
    ]
    assert (result["index"], result["document"]) == (1, {"text": DOCUMENTS[1]})
    assert len(post(encoder_service, "/v1/rerank", top_n=50).json()["results"]) == 3


def test_long_documents_are_cut(encoder_service: Scripted, encoders: ScriptedEncoders) -> None:
    assert post(encoder_service, "/v2/rerank", documents=[LONG]).json()["usage"]["total_tokens"] == 64
    assert post(encoder_service, "/v2/rerank", documents=[LONG], max_tokens_per_doc=5).status_code == 200
    assert encoders.by_name["reranker"].requests[-1].inputs[0].types.count(1) == 5 + 1


@pytest.mark.parametrize("path", RERANK_ROUTES)
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"query": None}, "query"),
        ({"query": ""}, "query"),
        ({"query": "a" * 1001}, "query"),
        ({"documents": []}, "documents"),
        ({"documents": "a"}, "documents"),
        ({"documents": [1]}, "documents"),
        ({"documents": [{"title": "a"}]}, "documents"),
        ({"documents": ["\ud800"]}, "documents"),
        ({"documents": ["a"] * 4}, "documents"),
        ({"documents": ["a" * 1001]}, "documents"),
        ({"top_n": 0}, "top_n"),
        ({"max_tokens_per_doc": 0}, "max_tokens_per_doc"),
        ({"rank_fields": ["title"]}, "rank_fields"),
        ({"max_chunks_per_doc": 3}, "max_chunks_per_doc"),
        ({"relevant_spans": {"mode": "enabled"}}, "relevant_spans"),
        ({"return_embeddings": True}, "return_embeddings"),
        ({"model": "embedder"}, "model"),
    ],
)
def test_what_cannot_be_ranked_is_refused(
    encoder_service: Scripted, path: str, body: dict[str, Any], field: str
) -> None:
    sent = json.dumps({"query": "When?", "documents": DOCUMENTS} | body)
    answer = encoder_service.http.post(path, content=sent, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert list(answer.json()) == ["message"]
    assert answer.json()["message"].startswith(field)


def test_vectors_have_the_types_that_are_asked_for(encoder_service: Scripted) -> None:
    plain = post(encoder_service, "/v1/embed").json()
    assert (plain["response_type"], plain["texts"]) == ("embeddings_floats", ["When?", "It rains."])
    typed = post(encoder_service, "/v1/embed", embedding_types=["float", "base64"]).json()
    assert typed["response_type"] == "embeddings_by_type"
    assert typed["embeddings"]["float"] == plain["embeddings"]
    decoded = [list(struct.unpack("<4f", base64.b64decode(each))) for each in typed["embeddings"]["base64"]]
    assert decoded == plain["embeddings"]
    assert list(post(encoder_service, "/v2/embed").json()["embeddings"]) == ["float"]
    tokens = plain["meta"]["tokens"]["input_tokens"]
    assert plain["meta"]["billed_units"] == {"input_tokens": tokens}


def test_texts_are_prompted_cut_and_shortened(encoder_service: Scripted, encoders: ScriptedEncoders) -> None:
    encoder = encoders.by_name["embedder"]

    def tokens(**body: Any) -> tuple[int, ...]:
        assert post(encoder_service, "/v2/embed", **body).status_code == 200
        return encoder.requests[-1].inputs[0].tokens

    assert len(tokens(input_type="search_query")) > len(tokens())
    end, start = tokens(texts=[LONG + "When?"]), tokens(texts=[LONG + "When?"], truncate="START")
    assert (len(end), len(start)) == (64, 64)
    assert end != start
    assert len(tokens(texts=[LONG], max_tokens=10)) == 10
    assert len(post(encoder_service, "/v2/embed", output_dimension=2).json()["embeddings"]["float"][0]) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"texts": None}, "texts"),
        ({"texts": []}, "texts"),
        ({"texts": ["a"] * 5}, "texts"),
        ({"texts": ["a" * 1001]}, "texts"),
        ({"texts": [LONG], "truncate": "NONE"}, "texts"),
        ({"input_type": "image"}, "input_type"),
        ({"embedding_types": ["int8"]}, "embedding_types"),
        ({"embedding_types": []}, "embedding_types"),
        ({"max_tokens": 2}, "max_tokens"),
        ({"output_dimension": 99}, "output_dimension"),
        ({"images": ["data:image/png;base64,AA"]}, "images"),
        ({"inputs": [{"content": []}]}, "inputs"),
        ({"model": "reranker"}, "model"),
    ],
)
def test_what_cannot_be_embedded_is_refused(encoder_service: Scripted, body: dict[str, Any], field: str) -> None:
    for path in ("/v1/embed", "/v2/embed"):
        answer = post(encoder_service, path, **body)
        assert (answer.status_code, list(answer.json())) == (400, ["message"])
        assert answer.json()["message"].startswith(field), answer.text


@pytest.fixture
def clients(encoder_service: Scripted) -> Iterator[tuple[Any, Any]]:
    """The official clients of the first and of the second version of the API."""
    with httpx.Client() as http:
        options: dict[str, Any] = {"base_url": encoder_service.url, "httpx_client": http}
        yield cohere.Client("any key", **options), cohere.ClientV2("any key", **options)


def test_the_official_clients_rank(clients: tuple[Any, Any]) -> None:
    for client in clients:
        ranked = client.rerank(model="reranker", query="When?", documents=DOCUMENTS, top_n=2)
        assert [result.index for result in ranked.results] == [1, 2]
    ranked = clients[0].rerank(query="When?", documents=DOCUMENTS, model="reranker", return_documents=True)
    assert ranked.results[0].document.text == DOCUMENTS[1]
    with pytest.raises(cohere.NotFoundError, match="No model of this name"):
        clients[1].rerank(model="other", query="When?", documents=DOCUMENTS)


def test_the_official_clients_embed(clients: tuple[Any, Any]) -> None:
    first, second = clients
    wanted: dict[str, Any] = {"texts": ["When?", "It rains."], "model": "embedder", "input_type": "search_document"}
    floats = first.embed(**wanted)
    typed = second.embed(**wanted, embedding_types=["float", "base64"])
    assert typed.embeddings.float_ == floats.embeddings
    assert len(typed.embeddings.base64) == 2
    with pytest.raises(cohere.BadRequestError, match="embedding_types"):
        second.embed(**wanted, embedding_types=["int8"])
