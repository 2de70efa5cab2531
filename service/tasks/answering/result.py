"""Answers, and where they stand."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of a document: ``document.text[start:end] == text``, always. Offsets are in characters."""

    text: str
    start: int
    end: int
    document: str  # its id
    score: float = 0.0  # between 0 and 1; for a citation of a generated answer, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``spans`` are the best answers, best first (extractive), or what the answer quotes (generative).

    A generated answer that nothing supports has no spans. ``text`` is empty where ``no_answer``. ``dropped_citations``
    counts quotations that stand in no document.
    """

    text: str
    mode: str  # extractive | generative
    spans: tuple[Span, ...] = ()
    no_answer: bool = False
    no_answer_probability: float | None = None
    score: float | None = None
    dropped_citations: int = 0
    finish_reason: str = "stop"
