"""What Hugging Face's inference tasks say."""

from collections.abc import Sequence
from typing import Any

from service.tasks.answering.result import Answer
from service.tasks.translation import Translation


def translated(translations: Sequence[Translation]) -> list[dict[str, str]]:
    return [{"translation_text": translation.text} for translation in translations]


def answered(answer: Answer, *, top_k: int, may_be_none: bool) -> dict[str, Any] | list[dict[str, Any]]:
    """No answer is one of the candidates where it may be; it is the best one exactly where ``no_answer`` is."""
    said = [_said(span.text, span.score, span.start, span.end) for span in answer.spans]
    if may_be_none or not said:
        doubt = answer.no_answer_probability or 0.0
        place = 0 if answer.no_answer else max(1, sum(span.score >= doubt for span in answer.spans))
        said.insert(place, _said("", doubt, 0, 0))
    return said[0] if top_k == 1 else said[:top_k]


def _said(text: str, score: float, start: int, end: int) -> dict[str, Any]:
    return {"answer": text, "score": score, "start": start, "end": end}
