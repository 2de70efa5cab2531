"""The scores of a question-answering head as probabilities of spans, computed as SQuAD 2.0's reference does.

A span from token i to token j of a window has the score start[i] + end[j]. No answer has the lowest start[0] + end[0]
of all windows, where token 0 is the special token before the question. A softmax over no answer and all valid spans of
all windows of all documents makes them probabilities. Spans are valid if they are whole words and not too long. Where
windows overlap, a span counts once: of the windows that hold it whole, in the one with most text around its first
token.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_store.types import NoAnswer
from service.errors import ProcessError
from service.tasks.answering.no_answer import no_answer_probability
from service.tasks.answering.reading.excerpt import Excerpt
from service.tasks.answering.result import Answer, AnswerSpan


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanCriteria:
    """The number of requested spans, and their limits. ``threshold`` None: the calibrated one."""

    top_k: int
    max_characters: int
    max_tokens: int
    threshold: float | None


@dataclass(frozen=True, slots=True)
class _ScoredSpan:
    """A span of an excerpt's document, in characters, and its score."""

    score: float
    excerpt: Excerpt
    start: int
    end: int


def answer_from_scores(
    excerpts: Sequence[Excerpt],
    skipped: Sequence[int],
    scores: Sequence[NDArray[np.float32]],
    criteria: SpanCriteria,
    calibration: NoAnswer,
) -> Answer:
    """The best spans, or no answer.

    For each excerpt, ``scores`` has the logits of its row, [2, tokens] for the first and the last token of a span, and
    ``skipped`` the number of tokens before it in the row.
    Raises ProcessError if a logit is not finite.
    """
    no_answer, total = 0.0, -math.inf  # logarithms of unnormalized probabilities: of no answer, and of all spans
    candidates: list[_ScoredSpan] = []
    rows = [_logits(each) for each in scores]
    if rows:
        no_answer = min(float(starts[0] + ends[0]) for starts, ends in rows)
    for excerpt, skip, (starts, ends), covered in zip(excerpts, skipped, rows, _covered(excerpts), strict=True):
        part = slice(skip, skip + len(excerpt))
        best, mass = _best_spans(excerpt, starts[part], ends[part], covered, criteria)
        candidates += best
        total = float(np.logaddexp(total, mass))
    candidates.sort(key=lambda each: (-each.score, each.excerpt.document_index, each.start))
    normalizer = float(np.logaddexp(total, no_answer))
    spans = tuple(_answer_span(each, normalizer) for each in candidates[: criteria.top_k])
    return Answer.from_spans(
        spans,
        no_answer_probability=no_answer_probability(no_answer, total, calibration) if spans else 1.0,
        threshold=calibration.threshold if criteria.threshold is None else criteria.threshold,
    )


def _best_spans(
    excerpt: Excerpt,
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
    covered: NDArray[np.int64],
    criteria: SpanCriteria,
) -> tuple[list[_ScoredSpan], float]:
    """The best ``top_k`` spans of an excerpt, and the logarithm of the sum of the exponentials of all its scores.

    ``starts``, ``ends`` and ``covered`` have one number for each token of the excerpt.
    """
    begin, finish = excerpt.word_tokens()
    first = np.array(list(begin), dtype=np.int64)
    last = np.array(list(finish), dtype=np.int64)
    if not first.size or not last.size:
        return [], -math.inf
    left = np.array(list(begin.values()))[:, None]  # characters: [first token, 1]
    right = np.array(list(finish.values()))[None]  # characters: [1, last token]
    tokens = last[None] - first[:, None]
    valid = (tokens >= 0) & (tokens < criteria.max_tokens)
    valid &= (right > left) & (right - left <= criteria.max_characters)
    valid &= excerpt.first + last[None] >= covered[first][:, None]
    scores = np.where(valid, starts[first][:, None] + ends[last][None], -np.inf)
    count = min(criteria.top_k, int(valid.sum()))
    if not count:
        return [], -math.inf
    top = np.argpartition(scores, -count, axis=None)[-count:]
    places = zip(*np.unravel_index(top, scores.shape), strict=True)
    best = [_ScoredSpan(float(scores[i, j]), excerpt, int(left[i, 0]), int(right[0, j])) for i, j in places]
    highest = float(scores.max())
    return best, highest + math.log(float(np.exp(scores - highest).sum()))


def _covered(excerpts: Sequence[Excerpt]) -> Iterator[NDArray[np.int64]]:
    """For each excerpt, an array with one number for each of its tokens.

    Spans that begin at the token and end before that token of the document are counted in another excerpt: one that
    has more text around the token, or the same amount and comes first.
    """
    for number, excerpt in enumerate(excerpts):
        covered = np.zeros(len(excerpt), dtype=np.int64)
        own = _surrounding_text(excerpt)
        for rival, other in enumerate(excerpts):
            first, last = max(excerpt.first, other.first), min(excerpt.last, other.last)
            if other is excerpt or other.document_index != excerpt.document_index or first >= last:
                continue
            here = slice(first - excerpt.first, last - excerpt.first)
            theirs = _surrounding_text(other)[first - other.first : last - other.first]
            better = theirs >= own[here] if rival < number else theirs > own[here]
            covered[here][better] = np.maximum(covered[here][better], other.last)
        yield covered


def _surrounding_text(excerpt: Excerpt) -> NDArray[np.float64]:
    """The tokens around each token: the smaller number of both sides, plus a hundredth of the excerpt's length."""
    places = np.arange(len(excerpt))
    return np.minimum(places, places[::-1]) + 0.01 * len(excerpt)


def _answer_span(scored: _ScoredSpan, normalizer: float) -> AnswerSpan:
    document = scored.excerpt.document
    text = document.text[scored.start : scored.end]
    score = math.exp(scored.score - normalizer)
    return AnswerSpan(text=text, start=scored.start, end=scored.end, document=document.id, score=score)


def _logits(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """float32 logits as float64. Raises ProcessError if one of them is not finite."""
    logits = scores.astype(np.float64)
    if not np.isfinite(logits).all():
        raise ProcessError("the reader's numbers are not finite")
    return logits
