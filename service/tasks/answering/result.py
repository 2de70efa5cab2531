"""An answer and the spans of the documents that support it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSpan:
    """A part of a document: ``document.text[start:end] == text`` always holds. Offsets are in characters.

    In a document in HTML, ``text`` is that part of it without tags and references.
    """

    text: str
    start: int
    end: int
    document: str  # the document's id
    score: float = 0.0  # between 0 and 1; 1 for a citation of a generated answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``spans`` are the best answers, best first (extractive), or the quotations in the answer (generative).

    A generated answer that nothing supports has no spans. ``text`` is empty and ``score`` is None if ``no_answer`` is
    true.
    ``question_used`` is the question that was answered if it was written again for a history, else None.
    ``dropped_citations`` counts quotations that are in no document.
    """

    text: str
    mode: str  # extractive | generative
    spans: tuple[AnswerSpan, ...] = ()
    no_answer: bool = False
    no_answer_probability: float | None = None
    score: float | None = None
    dropped_citations: int = 0
    finish_reason: str = "stop"
    question_used: str | None = None

    @classmethod
    def from_spans(cls, spans: Sequence[AnswerSpan], *, no_answer_probability: float, threshold: float) -> Self:
        """An extractive answer: the first span, or no answer if its probability reaches the threshold."""
        no_answer = not spans or no_answer_probability >= threshold
        return cls(
            text="" if no_answer else spans[0].text,
            mode="extractive",
            spans=tuple(spans),
            no_answer=no_answer,
            no_answer_probability=no_answer_probability,
            score=None if no_answer else spans[0].score,
        )
