"""Spans that might be the answer, and which of them is."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from model_store.types import NoAnswer
from service.tasks.answering.relevance import Relevance, is_foreign, sentence
from service.tasks.answering.result import Answer, Span
from service.tasks.answering.windows import Window

# As log probabilities of a token:
_RELEVANCE = 4.0  # what a sentence with all of the question's words is worth
_ECHO = 4.0  # what is taken from a span that only repeats the question
# As log probabilities of a span:
_COVERAGE = 10.0  # what it says against no answer that all of the question's words stand beside a span
_USUAL_COVERAGE = 0.4  # a share of them that says nothing for or against


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text, and the places in its window where it stands. ``logprob`` is of its ``tokens`` with the end."""

    window: Window
    places: tuple[tuple[int, int], ...]
    logprob: float
    tokens: int


def no_answer_probability(none: float, evidence: float, calibration: NoAnswer) -> float:
    """From log probabilities, or other scores in which e is the unit, of no answer and of what speaks for one."""
    against = (evidence - none + calibration.offset) / calibration.temperature
    return 1 / (1 + math.exp(min(against, 700.0)))


class Ranking:
    """Knows the question. Spans are ordered by the mean log probability of their tokens and by the question's words."""

    def __init__(self, question: str, windows: Sequence[Window], calibration: NoAnswer) -> None:
        self._relevance = Relevance.among_sentences(question, windows)
        self._calibration = calibration
        self._foreign = frozenset(window for window in windows if is_foreign(question, window.text))

    def answer(
        self, candidates: Iterable[Candidate], none: float, *, top_k: int, threshold: float | None = None
    ) -> Answer:
        """The best span as the answer, or that there is none, whose log probability is ``none``."""
        ranked: dict[tuple[str, int, int], tuple[float, Span]] = {}
        likely = coverage = -math.inf
        for candidate in candidates:
            rank, span, around = self._placed(candidate)
            key = (span.document, span.start, span.end)
            likely = max(likely, candidate.logprob)
            coverage = max(coverage, self._coverage(candidate.window, around))
            if key not in ranked or ranked[key][0] < rank:
                ranked[key] = (rank, span)
        best = [span for _, span in sorted(ranked.values(), key=lambda each: (-each[0], each[1].start))][:top_k]
        evidence = likely + _COVERAGE * (coverage - _USUAL_COVERAGE)
        doubt = no_answer_probability(none, evidence, self._calibration) if best else 1.0
        no_answer = not best or doubt >= (self._calibration.threshold if threshold is None else threshold)
        return Answer(
            text="" if no_answer else best[0].text,
            mode="extractive",
            spans=tuple(best),
            no_answer=no_answer,
            no_answer_probability=doubt,
            score=best[0].score if best else None,
        )

    def _coverage(self, window: Window, around: str) -> float:
        return _USUAL_COVERAGE if window in self._foreign else self._relevance.coverage(around)

    def _placed(self, candidate: Candidate) -> tuple[float, Span, str]:
        """What the candidate is worth where it stands best, the first such place, and its sentence."""
        window = candidate.window
        around, (start, end) = max(
            ((sentence(window.text, *place), place) for place in candidate.places),
            key=lambda each: self._relevance.of(each[0]),
        )
        text = window.text[start:end]
        worth = self._relevance.of(around)
        rank = candidate.logprob / candidate.tokens + _RELEVANCE * worth - _ECHO * self._relevance.echo(text)
        span = window.span(start, end, score=math.exp(candidate.logprob))
        return rank, span, around
