"""The task of history: are follow-up questions answered better if the earlier questions and answers are given?

The questions are QuAC's (Choi et al., 2018) behind the first of their conversation, with the passage that they are
about.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.quality.client import QualityClient, Replies
from benchmarks.quality.quac import QUAC, FollowUp, follow_ups
from benchmarks.quality.scores import Score, percent
from benchmarks.quality.squad import exact_match, f1

FILES = (QUAC,)


def measure_scores(client: QualityClient, data: Path, sample: int) -> Iterator[Score]:
    """The scores of the same questions without and with their history. No question is refused."""
    questions = follow_ups(data, sample)
    bodies = [{"question": each.question, "context": each.context, "no_answer_threshold": 1.0} for each in questions]
    yield score_answers("without history", questions, client.post("/v1/answer", bodies))
    with_history = [
        body | {"history": [{"question": question, "answer": answer} for question, answer in each.history]}
        for body, each in zip(bodies, questions, strict=True)
    ]
    yield score_answers("with history", questions, client.post("/v1/answer", with_history))


def score_answers(way: str, questions: Sequence[FollowUp], asked: Replies) -> Score:
    """Exact match, F1, and how many questions were written again. Failed requests answer nothing."""
    rows = [
        (question, str(reply.body.get("answer") or ""), reply.body.get("question_used"))
        for question, reply in zip(questions, asked.replies, strict=True)
    ]
    return Score.of(
        asked,
        task="history",
        data="QuAC en",
        way=way,
        figures={
            "exact match %": percent(exact_match(answer, question.answers, "en") for question, answer, _ in rows),
            "F1 %": percent(f1(answer, question.answers, "en") for question, answer, _ in rows),
            "written again %": percent(used != question.question for question, _, used in rows if used),
        },
        items=[
            {"question": question.question, "used": used, "due": question.answers, "given": answer}
            for question, answer, used in rows
        ],
    )
