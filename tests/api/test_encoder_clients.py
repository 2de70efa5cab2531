"""The official clients of several APIs, against a real service with three tiny encoder models."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import numpy as np
import openai
import pytest
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError
from sentence_transformers import CrossEncoder, SentenceTransformer
from transformers import pipeline

from benchmarks.embeddings.subjects import over_http
from tests.running_server import Server

TEXTS = ["The café opens at eight.", "When does the café close?", "枫叶咖啡馆每天早上八点开门", "Ada Lund " * 20]
PAIRS = [(TEXTS[1], text) for text in TEXTS]


@pytest.fixture(scope="module")
def vectors(four_models_files: Path) -> Any:
    """The vectors of ``TEXTS``, from sentence-transformers."""
    return SentenceTransformer(str(four_models_files / "embedder"), device="cpu").encode(TEXTS)


@pytest.fixture
def client(four_models: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key="any", base_url=f"{four_models.url}/v1", max_retries=0) as client:
        yield client


@pytest.mark.parametrize("encoding_format", ["float", openai.NOT_GIVEN])  # the client's own default is base64
def test_openai(client: openai.OpenAI, vectors: Any, encoding_format: Any) -> None:
    answer = client.embeddings.create(input=TEXTS, model="embedder", encoding_format=encoding_format)
    np.testing.assert_allclose([each.embedding for each in answer.data], vectors, atol=1e-5)
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 0


async def test_the_client_of_the_benchmark(four_models: Server) -> None:
    async with over_http(f"{four_models.url}/v1/embeddings", "embedder", truncate=True) as send:
        await send(TEXTS)
    async with over_http(f"{four_models.url}/v1/embeddings", "another") as send:
        with pytest.raises(aiohttp.ClientResponseError, match="404"):
            await send(TEXTS)


def test_openai_shows_what_is_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="check_embedding_ctx_length"):
        client.embeddings.create(input=[[791, 3388]], model="embedder")
    with pytest.raises(openai.BadRequestError, match="at most 96 tokens"):
        client.embeddings.create(input="Ada Lund " * 200, model="embedder")
    with pytest.raises(openai.NotFoundError, match="embedder"):
        client.embeddings.create(input="x", model="text-embedding-3-small")
    cut = client.embeddings.create(input="Ada Lund " * 200, model="embedder", extra_body={"truncate": True})
    assert cut.usage.prompt_tokens == 96


def test_langchain(four_models: Server, vectors: Any) -> None:
    from langchain_openai import OpenAIEmbeddings

    with httpx.Client() as http:
        embeddings = OpenAIEmbeddings(
            model="embedder",
            base_url=f"{four_models.url}/v1",
            api_key="any",  # type: ignore[arg-type]
            check_embedding_ctx_length=False,
            http_client=http,
        )
        np.testing.assert_allclose(embeddings.embed_documents(TEXTS), vectors, atol=1e-5)
        np.testing.assert_allclose(embeddings.embed_query(TEXTS[0]), vectors[0], atol=1e-5)


def test_llama_index(four_models: Server, vectors: Any) -> None:
    from llama_index.embeddings.openai import OpenAIEmbedding

    with httpx.Client() as http:
        embedding = OpenAIEmbedding(
            model_name="embedder", api_base=f"{four_models.url}/v1", api_key="any", http_client=http
        )
        np.testing.assert_allclose(embedding.get_text_embedding_batch(TEXTS), vectors, atol=1e-5)


def test_huggingface(four_models: Server, four_models_files: Path, vectors: Any) -> None:
    embedder = InferenceClient(f"{four_models.url}/models/embedder", token="any")
    np.testing.assert_allclose(embedder.feature_extraction(TEXTS), vectors, atol=1e-5)
    unit = embedder.feature_extraction(TEXTS[0], normalize=True, truncate=True, truncation_direction="left")
    np.testing.assert_allclose(unit, vectors[:1] / np.linalg.norm(vectors[0]), atol=1e-5)
    cosines = vectors @ vectors[0] / np.linalg.norm(vectors, axis=1) / np.linalg.norm(vectors[0])
    assert embedder.sentence_similarity(TEXTS[0], TEXTS) == pytest.approx(cosines.tolist(), abs=1e-5)
    with pytest.raises(HfHubHTTPError, match="prompt"):
        embedder.feature_extraction(TEXTS[0], prompt_name="query")
    classifier = InferenceClient(f"{four_models.url}/models/classifier", token="any")
    reference = pipeline("text-classification", str(four_models_files / "classifier"), device="cpu", top_k=None)
    for text in TEXTS:
        (labels,) = reference([text])
        wanted = {each["label"]: each["score"] for each in labels}
        found = classifier.text_classification(text)
        assert {each.label: each.score for each in found} == pytest.approx(wanted, abs=1e-5)
        assert [each.label for each in classifier.text_classification(text, top_k=1)] == [labels[0]["label"]]


@pytest.mark.parametrize("path", ["/v1/rerank", "/v2/rerank", "/rerank"])
def test_scores_are_those_of_a_cross_encoder(four_models: Server, four_models_files: Path, path: str) -> None:
    reference = CrossEncoder(str(four_models_files / "reranker"), device="cpu")
    body = {"query": TEXTS[1], "documents": TEXTS}
    results = four_models.http.post(path, json=body).json()["results"]
    ranked = reference.rank(TEXTS[1], TEXTS)
    assert [each["index"] for each in results] == [each["corpus_id"] for each in ranked]
    found = [each["relevance_score"] for each in results]
    np.testing.assert_allclose(found, [each["score"] for each in ranked], atol=1e-5)
    scores = four_models.http.post("/v1/score", json={"text_1": TEXTS[1], "text_2": TEXTS}).json()["data"]
    np.testing.assert_allclose([each["score"] for each in scores], reference.predict(PAIRS), atol=1e-5)
