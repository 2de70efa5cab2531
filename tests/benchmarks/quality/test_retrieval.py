"""Scores of retrieval."""

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request

from benchmarks.quality.client import QualityClient, Replies, Reply
from benchmarks.quality.embedded_texts import EmbeddedTexts
from benchmarks.quality.quac import QUAC
from benchmarks.quality.retrieval import corpus, score_answers, score_ranking
from benchmarks.quality.samples import Question
from service.tasks.answering.scorer import BM25_ALONE, PassageScorers
from tests.api.scripted import served

CATS = Question("1", "Where did the cat sit?", "The cat sat on the mat.", ("the mat",))
DOGS = Question("2", "Who came?", "The boat left at noon.", ("noon",))


def test_the_corpus_is_filled_up_to_a_thousand_passages(data: Path) -> None:
    assert corpus(data, "en") == [f"It is red {number}." for number in range(4)]
    lines = [json.dumps({"passage": f"{number} {'x' * 1000}"}) for number in range(2000)]
    (data / QUAC).write_text("\n".join(lines), encoding="utf-8")
    passages = corpus(data, "en")
    assert (len(passages), len(set(passages)), len(passages[-1])) == (1000, 1000, 800)


def test_a_passage_counts_if_it_is_among_the_first() -> None:
    passages = [*(f"Who came {number}?" for number in range(20)), CATS.context, DOGS.context]
    score = score_ranking("en", "BM25", passages, [CATS, DOGS], BM25_ALONE)
    assert score.figures == {"in the first 1 %": 50.0, "in the first 5 %": 50.0, "in the first 8 %": 50.0}


def test_an_embedder_is_asked_for_each_text_once_and_moves_passages_up() -> None:
    app, asked = FastAPI(), list[str]()

    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        return {"data": [{"id": "chat", "capabilities": ["chat"]}, {"id": "vectors", "capabilities": ["embed"]}]}

    @app.post("/v1/embeddings")
    async def embeddings(request: Request) -> dict[str, Any]:
        texts = (await request.json())["input"]
        asked.extend(texts)
        return {"data": [{"embedding": [1.0, 0.0] if "cat" in text or "pet" in text else [0.0, 1.0]} for text in texts]}

    question = Question("3", "Which pet?", CATS.context, ("cat",))
    passages = [*(f"Which one came {number}?" for number in range(12)), CATS.context]
    with served(app) as ((host, port), _):
        client = QualityClient(f"http://{host}:{port}", 4)
        assert (client.model_that("embed"), client.model_that("rerank")) == ("vectors", None)
        embedder = EmbeddedTexts(client, "vectors", [question.question] * 2, passages)
    assert sorted(asked) == sorted([question.question, *passages])
    alone = score_ranking("en", "BM25", passages, [question], BM25_ALONE)
    helped = score_ranking("en", "BM25, vectors", passages, [question], PassageScorers(embedder))
    assert (alone.figures["in the first 8 %"], helped.figures["in the first 8 %"]) == (0.0, 100.0)


def test_answers_are_compared_and_their_documents_counted() -> None:
    passages = [CATS.context, DOGS.context]
    replies = [Reply({"answer": "The mat", "document": "0"}), Reply({"answer": "cat", "document": "0"})]
    score = score_answers("en", "of 2", [CATS, DOGS], Replies(replies, 3.0), passages)
    assert score.figures == {"exact match %": 50.0, "F1 %": 50.0, "right document %": 50.0}
    assert (score.seconds, score.failed) == (1.5, 0)
    alone = score_answers("en", "alone", [CATS], Replies([Reply({}, "500")], 1.0), passages)
    assert (alone.failed, alone.figures["F1 %"], alone.figures["right document %"]) == (1, 0.0, None)
