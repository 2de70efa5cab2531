"""Orders the spans that might be the answer, and decides whether there is one."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from model_store.types import NoAnswer
from service.tasks.answering.documents.nearness import Nearness
from service.tasks.answering.documents.relevance import Relevance, is_in_another_script
from service.tasks.answering.documents.sentences import sentence
from service.tasks.answering.documents.windows import Window
from service.tasks.answering.extraction.expected_answer import ExpectedAnswer
from service.tasks.answering.no_answer import no_answer_probability
from service.tasks.answering.result import Answer, AnswerSpan

# A span's log probability alone prefers short spans, and its mean prefers long ones, of which only the first token is a
# choice. So both count. The weights are fitted to 179 Chinese and 60 English questions of XQuAD, for the F1 of the best
# span.
_LOGPROB = 0.56
_MEAN_LOGPROB = 0.7
_LENGTH = 0.6  # times the root of the tokens, unless the question asks for a time or a number
_RELEVANCE = 2.8  # for a sentence that has all of the question's words
_NEARNESS = 6.7  # for a span with all of the question's words beside it
_EXPECTED = 2.9  # for a time where a time is asked for, or for so many of what is counted
_ECHO = -5.2  # for a span that only repeats the question
_BRACKETED = -5.2  # for the whole inside of a bracket: most brackets only name again what stands before them
_PAUSE = -2.7  # for a span that goes on behind a pause
# For a span of another window than the most relevant one. Fitted to 59 questions about 1,000 passages, where the most
# relevant one has the answer to 93 %.
_LESS_RELEVANT = -5.0
# Added to the log probability of an answer:
_COVERAGE = 20.0  # times the share of the question's words in a span's sentence, minus the usual share
_USUAL_COVERAGE = 0.2  # a share of the question's words that is evidence neither for an answer nor against it

_BRACKETS = {"(": ")", "（": "）"}
_PAUSES = re.compile("[，。；！？]")  # not the Latin ones, which names and numbers have inside


@dataclass(frozen=True, slots=True)
class SpanCandidate:
    """A text that may be the answer, and its ``places`` (start, end) in its window.

    ``logprob`` is the log probability of its ``tokens`` tokens, the token that ends it included.
    """

    window: Window
    places: tuple[tuple[int, int], ...]
    logprob: float
    tokens: int


class Ranking:
    """Ranks spans for one question: by the log probability of their tokens and by the question's words around them.

    ``ranks`` are those of the windows by relevance: 0 for the most relevant, None if they are not known.
    """

    def __init__(
        self, question: str, windows: Sequence[Window], calibration: NoAnswer, ranks: Sequence[int | None]
    ) -> None:
        self._relevance = Relevance.from_windows(question, windows)
        self._nearness = {window: Nearness(self._relevance, window.text) for window in windows}
        self._expected = ExpectedAnswer.of(question)
        self._calibration = calibration
        self._in_another_script = frozenset(window for window in windows if is_in_another_script(question, window.text))
        self._less_relevant = frozenset(window for window, rank in zip(windows, ranks, strict=True) if rank)
        self._less_relevant -= self._in_another_script

    def answer(
        self,
        candidates: Iterable[SpanCandidate],
        no_answer: float,
        *,
        top_k: int,
        threshold: float | None = None,
    ) -> Answer:
        """The answer with the ``top_k`` best spans, or no answer, whose log probability is ``no_answer``.

        ``threshold`` is the probability from which on there is no answer; None: the calibrated one.
        """
        ranked: dict[tuple[str, int, int], tuple[float, AnswerSpan]] = {}
        likeliest = coverage = -math.inf
        for candidate in candidates:
            rank, span, context = self._best_place(candidate)
            key = (span.document, span.start, span.end)
            likeliest = max(likeliest, candidate.logprob)
            coverage = max(coverage, self._coverage(candidate.window, context))
            if key not in ranked or ranked[key][0] < rank:
                ranked[key] = (rank, span)
        best = [span for _, span in sorted(ranked.values(), key=lambda each: (-each[0], each[1].start))][:top_k]
        evidence = likeliest + _COVERAGE * (coverage - _USUAL_COVERAGE)
        return Answer.from_spans(
            best,
            no_answer_probability=no_answer_probability(no_answer, evidence, self._calibration) if best else 1.0,
            threshold=self._calibration.threshold if threshold is None else threshold,
        )

    def _coverage(self, window: Window, context: str) -> float:
        return _USUAL_COVERAGE if window in self._in_another_script else self._relevance.coverage(context)

    def _best_place(self, candidate: SpanCandidate) -> tuple[float, AnswerSpan, str]:
        """The rank, the span and the sentence of a candidate at the first of its best places.

        The title of the document stands before each of its sentences.
        """
        window = candidate.window
        placed, context, (start, end) = max(
            (
                (self._rank_place(window, context, *place), context, place)
                for place in candidate.places
                for context in [f"{window.document.title}\n{sentence(window.text, *place)}"]
            ),
            key=lambda each: each[0],
        )
        rank = _LOGPROB * candidate.logprob + _MEAN_LOGPROB * candidate.logprob / candidate.tokens + placed
        if not self._expected.is_short:
            rank += _LENGTH * math.sqrt(candidate.tokens)
        rank += _LESS_RELEVANT * (window in self._less_relevant)
        return rank, window.span(start, end, score=math.exp(candidate.logprob)), context

    def _rank_place(self, window: Window, context: str, start: int, end: int) -> float:
        """What speaks for a span beside its log probability."""
        text = window.text
        closing = _BRACKETS.get(text[start - 1 : start])
        return (
            _RELEVANCE * self._relevance.score(context)
            + _NEARNESS * self._nearness[window].score(start, end)
            + _EXPECTED * self._expected.fit(text, start, end)
            + _ECHO * self._relevance.echo(text[start:end])
            + _BRACKETED * (closing is not None and text[end : end + 1] == closing)
            + _PAUSE * bool(_PAUSES.search(text, start, end))
        )
