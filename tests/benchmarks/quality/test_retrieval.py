"""Scores of retrieval."""

import json
from pathlib import Path

from benchmarks.quality.client import Replies, Reply
from benchmarks.quality.quac import QUAC
from benchmarks.quality.retrieval import corpus, score_answers, score_ranking
from benchmarks.quality.samples import Question

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
    score = score_ranking("en", passages, [CATS, DOGS])
    assert score.figures == {"in the first 1 %": 50.0, "in the first 5 %": 50.0, "in the first 8 %": 50.0}


def test_answers_are_compared_and_their_documents_counted() -> None:
    passages = [CATS.context, DOGS.context]
    replies = [Reply({"answer": "The mat", "document": "0"}), Reply({"answer": "cat", "document": "0"})]
    score = score_answers("en", "of 2", [CATS, DOGS], Replies(replies, 3.0), passages)
    assert score.figures == {"exact match %": 50.0, "F1 %": 50.0, "right document %": 50.0}
    assert (score.seconds, score.failed) == (1.5, 0)
    alone = score_answers("en", "alone", [CATS], Replies([Reply({}, "500")], 1.0), passages)
    assert (alone.failed, alone.figures["F1 %"], alone.figures["right document %"]) == (1, 0.0, None)
