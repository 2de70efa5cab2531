"""Spans that might be the answer, and which of them is."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from model_store.types import NoAnswer
from service.tasks.answering.relevance import Relevance, sentence
from service.tasks.answering.result import Answer, Span
from service.tasks.answering.windows import Window

_RELEVANCE = 4.0  # what a sentence with all of the question's words is worth, as log probability
_ECHO = 2.0  # what is taken from a span that only repeats the question


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text, and the places in its window where it stands. ``logprob`` is of its ``tokens`` with the end."""

    window: Window
    places: tuple[tuple[int, int], ...]
    logprob: float
    tokens: int


def no_answer_probability(none: float, evidence: float, calibration: NoAnswer) -> float:
    """From log probabilities, or other scores in which e is the unit, of no answer and of what speaks for one."""
    against = (evidence - none - calibration.offset) / calibration.temperature
    return 1 / (1 + math.exp(min(against, 700.0)))


class Ranking:
    """Knows the question. The order of spans is that of the model's log probability for a token and of relevance."""

    def __init__(self, relevance: Relevance, calibration: NoAnswer) -> None:
        self._relevance = relevance
        self._calibration = calibration

    def answer(
        self, candidates: Iterable[Candidate], none: float, *, top_k: int, threshold: float | None = None
    ) -> Answer:
        """The best span as the answer, or that there is none, whose log probability is ``none``."""
        ranked: dict[tuple[str, int, int], tuple[float, Span]] = {}
        evidence = -math.inf
        for candidate in candidates:
            rank, span = self._placed(candidate)
            key = (span.document, span.start, span.end)
            evidence = max(evidence, rank)
            if key not in ranked or ranked[key][0] < rank:
                ranked[key] = (rank, span)
        best = [span for _, span in sorted(ranked.values(), key=lambda each: (-each[0], each[1].start))][:top_k]
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

    def _placed(self, candidate: Candidate) -> tuple[float, Span]:
        """What the candidate is worth where it stands best, the first such place."""
        window = candidate.window
        worth, start, end = max(
            ((self._relevance.of(sentence(window.text, *place)), *place) for place in candidate.places),
            key=lambda each: each[0],
        )
        text = window.text[start:end]
        rank = candidate.logprob / candidate.tokens + _RELEVANCE * worth - _ECHO * self._relevance.echo(text)
        offset = window.start
        score = math.exp(candidate.logprob)
        return rank, Span(text=text, start=offset + start, end=offset + end, document=window.document.id, score=score)
