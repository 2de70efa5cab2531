"""Questions about a context: is the answer right, is it where it is said to be, and is it missing where there is none?

Half of the questions that a way is asked have no answer, if it has a means to say so. Its exact match and F1 are of the
other half, where saying that there is no answer is as wrong as any other answer.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.quality import naive
from benchmarks.quality.asking import Asked, Asker, Reply
from benchmarks.quality.calibration import area_under_curve, calibration_error
from benchmarks.quality.samples import QUESTIONS, Question, answerable, unanswerable
from benchmarks.quality.scores import NAIVE, Score, errors, percent
from benchmarks.quality.squad import exact_match, f1

FILES = tuple(QUESTIONS.values())
MODES = ("extractive", "generative")


def scores(asker: Asker, data: Path, sample: int) -> Iterator[Score]:
    """``sample`` questions of each language, and as many without an answer."""
    for language in QUESTIONS:
        good = answerable(data, language, sample)
        both = good + unanswerable(data, language, sample)
        yield naive_score(language, good, ask_naively(asker, language, good))
        yield naive_score(language, both, ask_naively(asker, language, both, may_refuse=True), may_refuse=True)
        for mode in MODES:
            bodies = [{"question": each.question, "context": each.context, "mode": mode} for each in both]
            yield score(language, mode, both, asker.ask("/v1/answer", bodies))


def ask_naively(asker: Asker, language: str, questions: Sequence[Question], *, may_refuse: bool = False) -> Asked:
    return asker.chat(
        [
            (naive.question(language, each.context, each.question, may_refuse=may_refuse), naive.ANSWER_TOKENS)
            for each in questions
        ]
    )


def naive_score(language: str, questions: Sequence[Question], asked: Asked, *, may_refuse: bool = False) -> Score:
    replies = asked.replies
    answers = [reply.chat_text for reply in replies]
    refused = [
        naive.is_refusal(answer) if may_refuse and reply.body else None
        for answer, reply in zip(answers, replies, strict=True)
    ]
    return _score(language, f"{NAIVE}, may refuse" if may_refuse else NAIVE, questions, asked, answers, refused, {})


def score(language: str, mode: str, questions: Sequence[Question], asked: Asked) -> Score:
    """Of the service's answers; one in another mode than ``mode`` is a failure."""
    replies = [_in_mode(reply, mode) for reply in asked.replies]
    checked = Asked(replies, asked.seconds)
    answers = [str(reply.body.get("answer") or "") for reply in replies]
    refused = [reply.body.get("no_answer") for reply in replies]
    known = [
        (float(reply.body["no_answer_probability"]), not question.answers)
        for question, reply in zip(questions, replies, strict=True)
        if reply.body.get("no_answer_probability") is not None
    ]
    probabilities, outcomes = [p for p, _ in known], [outcome for _, outcome in known]
    exact = [
        exact
        for question, reply in zip(questions, replies, strict=True)
        for exact in _exact_offsets(question.context, reply.body, mode)
    ]
    dropped = [reply.body["dropped_citations"] for reply in replies if reply.body.get("dropped_citations") is not None]
    area = area_under_curve(probabilities, outcomes)
    figures = {
        "exact offsets %": percent(exact),
        "citations dropped": float(sum(dropped)) if dropped and mode == "generative" else None,
        "ECE %": 100 * calibration_error(probabilities, outcomes) if known else None,
        "AUC %": None if area is None else 100 * area,
    }
    return _score(language, mode, questions, checked, answers, refused, figures)


def _score(
    language: str,
    way: str,
    questions: Sequence[Question],
    asked: Asked,
    answers: Sequence[str],
    refused: Sequence[bool | None],
    figures: dict[str, float | None],
) -> Score:
    rows = list(zip(questions, answers, refused, strict=True))
    failed = sum(not reply.body for reply in asked.replies)
    right = [] if failed == len(questions) else [row for row in rows if row[0].answers]
    given = [("" if refusal else answer, question) for question, answer, refusal in right]
    return Score(
        task="answers",
        data=f"XQuAD {language}",
        way=way,
        count=len(questions),
        failed=failed,
        errors=errors(asked.replies),
        seconds=asked.seconds / len(questions),
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


def _in_mode(reply: Reply, mode: str) -> Reply:
    found = reply.body.get("mode")
    return Reply({}, f"answered in mode {found}, asked for {mode}") if reply.body and found != mode else reply


def _exact_offsets(context: str, body: dict[str, Any], mode: str) -> list[bool]:
    """For everything that the answer says is in the context, whether it is just there.

    An extractive answer must say where it stands: one without offsets is not exact.
    """
    claims = [*body.get("answers", ()), *body.get("citations", ())]
    if mode == "extractive" and body.get("answer") and not body.get("no_answer"):
        claims.append(body | {"text": body["answer"]})
    return [_stands_in(context, claim) for claim in claims]


def _stands_in(context: str, claim: dict[str, Any]) -> bool:
    start, end, text = claim.get("start"), claim.get("end"), claim.get("text")
    if not isinstance(start, int) or not isinstance(end, int) or not text:
        return False
    return start >= 0 and context[start:end] == text
