"""Scores of answers: offsets must be exact, and refusals answer nothing."""

import pytest

from benchmarks.quality.answers import score_service
from benchmarks.quality.client import Replies, Reply
from benchmarks.quality.samples import Question


def test_offsets_must_be_exact_and_a_refusal_answers_nothing() -> None:
    context = "The cat sat."
    questions = [Question(str(i), "Who?", context, ("cat",) if i < 3 else ()) for i in range(5)]

    def reply(answer: str, start: int | None, probability: float, **more: object) -> Reply:
        end = None if start is None else start + len(answer)
        body = {"mode": "extractive", "answer": answer, "start": start, "end": end, "no_answer": not answer}
        return Reply(body | {"no_answer_probability": probability, "answers": [], "citations": []} | more)

    replies = [
        reply("cat", 4, 0.0),
        reply("cat", 5, 0.0),
        reply("", None, 1.0),
        reply("", None, 1.0),
        reply("sat", 8, 0.0, answers=[{"text": "sat", "start": 8, "end": 11}, {"text": "sat", "start": 7, "end": 10}]),
    ]
    score = score_service("en", "extractive", questions, Replies(replies, 10.0))
    assert (score.failed, score.seconds) == (0, 2.0)
    assert score.figures == pytest.approx(
        {
            "exact match %": 200 / 3,
            "F1 %": 200 / 3,
            "refused: no answer there %": 50.0,
            "refused: answer there %": 100 / 3,
            "exact offsets %": 60.0,
            "citations dropped": None,
            "ECE %": 100 * (3 * 1 / 3 + 2 * 1 / 2) / 5,
            "AUC %": 100 * (1 + 1 + 0.5 + 0.5 + 0.5 + 0) / 6,
        }
    )


def test_an_answer_in_another_mode_fails_and_one_without_offsets_is_not_exact() -> None:
    questions = [Question("1", "Who?", "The cat sat.", ("cat",))]
    other = score_service("en", "extractive", questions, Replies([Reply({"answer": "cat"})], 1.0))
    assert (other.failed, other.figures["F1 %"], other.figures["exact offsets %"]) == (1, None, None)
    bare = Reply({"answer": "cat", "mode": "extractive"})
    score = score_service("en", "extractive", questions, Replies([bare], 1.0))
    assert (score.figures["F1 %"], score.figures["exact offsets %"]) == (100.0, 0.0)
    assert score.figures["ECE %"] is score.figures["refused: answer there %"] is None
