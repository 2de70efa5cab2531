"""The task of answers: are they right, do they stand at their offsets, and are they missing if there is no answer?

If a way of asking can say that there is no answer, half of its questions have none. Its exact match and F1 are of the
other half, where a refusal is as wrong as any wrong answer.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.quality.calibration import area_under_curve, calibration_error
from benchmarks.quality.client import QualityClient, Replies, Reply
from benchmarks.quality.naive import ANSWER_TOKENS, is_refusal, question_prompt
from benchmarks.quality.samples import QUESTIONS, Question, answerable_questions, unanswerable_questions
from benchmarks.quality.scores import NAIVE, Score, percent
from benchmarks.quality.squad import exact_match, f1

FILES = tuple(QUESTIONS.values())
MODES = ("extractive", "generative")


def measure_scores(client: QualityClient, data: Path, sample: int) -> Iterator[Score]:
    """The scores for ``sample`` answerable questions of each language, and for as many unanswerable ones."""
    for language in QUESTIONS:
        good = answerable_questions(data, language, sample)
        both = good + unanswerable_questions(data, language, sample)
        yield score_naive(language, good, ask_naively(client, language, good))
        yield score_naive(language, both, ask_naively(client, language, both, may_refuse=True), may_refuse=True)
        for mode in MODES:
            bodies = [{"question": each.question, "context": each.context, "mode": mode} for each in both]
            yield score_service(language, mode, both, client.post("/v1/answer", bodies))


def ask_naively(
    client: QualityClient, language: str, questions: Sequence[Question], *, may_refuse: bool = False
) -> Replies:
    """The replies to plain prompts. ``may_refuse``: they allow the reply that there is no answer."""
    return client.chat(
        [
            (question_prompt(language, each.context, each.question, may_refuse=may_refuse), ANSWER_TOKENS)
            for each in questions
        ]
    )


def score_naive(language: str, questions: Sequence[Question], asked: Replies, *, may_refuse: bool = False) -> Score:
    """The score of the replies to plain prompts."""
    answers = [reply.chat_text for reply in asked.replies]
    refused = [
        is_refusal(answer) if may_refuse and reply.body else None
        for answer, reply in zip(answers, asked.replies, strict=True)
    ]
    return _score(language, f"{NAIVE}, may refuse" if may_refuse else NAIVE, questions, asked, answers, refused, {})


def score_service(language: str, mode: str, questions: Sequence[Question], asked: Replies) -> Score:
    """The score of the service's answers. An answer in another mode than ``mode`` counts as failed."""
    replies = [_check_mode(reply, mode) for reply in asked.replies]
    answers = [str(reply.body.get("answer") or "") for reply in replies]
    refused = [reply.body.get("no_answer") for reply in replies]
    known = [
        (float(reply.body["no_answer_probability"]), not question.answers)
        for question, reply in zip(questions, replies, strict=True)
        if reply.body.get("no_answer_probability") is not None
    ]
    probabilities, outcomes = [p for p, _ in known], [outcome for _, outcome in known]
    exact = [
        is_exact
        for question, reply in zip(questions, replies, strict=True)
        for is_exact in _exact_offsets(question.context, reply.body, mode)
    ]
    dropped = [reply.body["dropped_citations"] for reply in replies if reply.body.get("dropped_citations") is not None]
    area = area_under_curve(probabilities, outcomes)
    figures = {
        "exact offsets %": percent(exact),
        "citations dropped": float(sum(dropped)) if dropped and mode == "generative" else None,
        "ECE %": 100 * calibration_error(probabilities, outcomes) if known else None,
        "AUC %": None if area is None else 100 * area,
    }
    return _score(language, mode, questions, Replies(replies, asked.seconds), answers, refused, figures)


def _score(
    language: str,
    way: str,
    questions: Sequence[Question],
    asked: Replies,
    answers: Sequence[str],
    refused: Sequence[bool | None],
    figures: dict[str, float | None],
) -> Score:
    rows = list(zip(questions, answers, refused, strict=True))
    answerable = [] if asked.all_failed else [row for row in rows if row[0].answers]
    given = [("" if refusal else answer, question) for question, answer, refusal in answerable]
    return Score.of(
        asked,
        task="answers",
        data=f"XQuAD {language}",
        way=way,
        figures={
            "exact match %": percent(exact_match(answer, question.answers, language) for answer, question in given),
            "F1 %": percent(f1(answer, question.answers, language) for answer, question in given),
            "refused: no answer there %": percent(r for q, _, r in rows if not q.answers and r is not None),
            "refused: answer there %": percent(r for q, _, r in rows if q.answers and r is not None),
            **figures,
        },
        items=[
            {"id": question.id, "question": question.question, "due": question.answers, "given": answer, "refused": r}
            | {name: reply.body[name] for name in ("no_answer_probability", "score") if name in reply.body}
            for (question, answer, r), reply in zip(rows, asked.replies, strict=True)
        ],
    )


def _check_mode(reply: Reply, mode: str) -> Reply:
    """The reply, or an error if it is in another mode."""
    found = reply.body.get("mode")
    return Reply({}, f"answered in mode {found}, asked for {mode}") if reply.body and found != mode else reply


def _exact_offsets(context: str, body: dict[str, Any], mode: str) -> list[bool]:
    """For each part that an answer quotes from the context: whether it stands at its offsets.

    An extractive answer without offsets is not exact.
    """
    quotes = [*body.get("answers", ()), *body.get("citations", ())]
    if mode == "extractive" and body.get("answer") and not body.get("no_answer"):
        quotes.append(body | {"text": body["answer"]})
    return [_is_exact(context, quote) for quote in quotes]


def _is_exact(context: str, quote: dict[str, Any]) -> bool:
    start, end, text = quote.get("start"), quote.get("end"), quote.get("text")
    if not isinstance(start, int) or not isinstance(end, int) or not text:
        return False
    return start >= 0 and context[start:end] == text
