"""From the scores of a span head to the probabilities of spans, as SQuAD 2.0's reference does it.

A span from token i to token j of a window has the score start[i] + end[j]. Having no answer has the least of the
windows' start[0] + end[0], where 0 is the special token before the question. A softmax over no answer and all valid
spans of all windows of all documents makes probabilities of them. Valid are whole words up to a length; where windows
overlap, a span counts once: of those that have it whole, in the one with most of the text around its first token.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_store.types import NoAnswer
from service.errors import ProcessError
from service.reader.messages import WindowScores
from service.tasks.answering.excerpt import Excerpt
from service.tasks.answering.ranking import no_answer_probability
from service.tasks.answering.result import Answer, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How many spans are wanted, and which are valid. ``threshold`` None: the model's."""

    top_k: int
    longest: int  # characters
    most_tokens: int
    threshold: float | None


@dataclass(frozen=True, slots=True)
class _Found:
    """A span and its score."""

    score: float
    excerpt: Excerpt
    start: int
    end: int


def answer(
    excerpts: Sequence[Excerpt],
    skipped: Sequence[int],
    scores: Sequence[WindowScores],
    choice: Choice,
    calibration: NoAnswer,
) -> Answer:
    """The best span, or that there is none. ``skipped`` tokens of each row stand before its excerpt."""
    none, total = 0.0, -math.inf
    found: list[_Found] = []
    rows = [(_logits(each.starts), _logits(each.ends)) for each in scores]
    if rows:
        none = min(float(starts[0] + ends[0]) for starts, ends in rows)
    for excerpt, skip, (starts, ends), covered in zip(excerpts, skipped, rows, _covered(excerpts), strict=True):
        part = slice(skip, skip + len(excerpt))
        some, mass = _spans(excerpt, starts[part], ends[part], covered, choice)
        found += some
        total = float(np.logaddexp(total, mass))
    best = sorted(found, key=lambda each: (-each.score, each.excerpt.place, each.start))[: choice.top_k]
    everything = float(np.logaddexp(total, none))
    spans = tuple(_span(each, everything) for each in best)
    doubt = no_answer_probability(none, total, calibration) if spans else 1.0
    no_answer = not spans or doubt >= (calibration.threshold if choice.threshold is None else choice.threshold)
    return Answer(
        text="" if no_answer else spans[0].text,
        mode="extractive",
        spans=spans,
        no_answer=no_answer,
        no_answer_probability=doubt,
        score=spans[0].score if spans else None,
    )


def _spans(
    excerpt: Excerpt, starts: NDArray[np.float64], ends: NDArray[np.float64], covered: NDArray[np.int64], choice: Choice
) -> tuple[list[_Found], float]:
    """The best spans of a window, and the logarithm of what all its spans weigh together."""
    begins, finishes = excerpt.words()
    first = np.array(list(begins), dtype=np.int64)
    last = np.array(list(finishes), dtype=np.int64)
    if not first.size or not last.size:
        return [], -math.inf
    left = np.array(list(begins.values()))[:, None]
    right = np.array(list(finishes.values()))[None]
    tokens = last[None] - first[:, None]
    valid = (tokens >= 0) & (tokens < choice.most_tokens) & (right > left) & (right - left <= choice.longest)
    valid &= excerpt.first + last[None] >= covered[first][:, None]
    scores = np.where(valid, starts[first][:, None] + ends[last][None], -np.inf)
    count = min(choice.top_k, int(valid.sum()))
    if not count:
        return [], -math.inf
    top = np.argpartition(scores, -count, axis=None)[-count:]
    places = zip(*np.unravel_index(top, scores.shape), strict=True)
    found = [_Found(float(scores[i, j]), excerpt, int(left[i, 0]), int(right[0, j])) for i, j in places]
    highest = float(scores.max())
    return found, highest + math.log(float(np.exp(scores - highest).sum()))


def _covered(excerpts: Sequence[Excerpt]) -> Iterator[NDArray[np.int64]]:
    """For each excerpt and each of its tokens, up to which token of the document spans from there are others' to count.

    Those are the windows that have more text around the token; of equals the first counts.
    """
    for number, excerpt in enumerate(excerpts):
        covered = np.zeros(len(excerpt), dtype=np.int64)
        own = _context(excerpt)
        for rival, other in enumerate(excerpts):
            first, last = max(excerpt.first, other.first), min(excerpt.last, other.last)
            if other is excerpt or other.place != excerpt.place or first >= last:
                continue
            here = slice(first - excerpt.first, last - excerpt.first)
            theirs = _context(other)[first - other.first : last - other.first]
            better = theirs >= own[here] if rival < number else theirs > own[here]
            covered[here][better] = np.maximum(covered[here][better], other.last)
        yield covered


def _context(excerpt: Excerpt) -> NDArray[np.float64]:
    """How much text each token has around it: the lesser of both sides, and a little for the whole."""
    places = np.arange(len(excerpt))
    return np.minimum(places, places[::-1]) + 0.01 * len(excerpt)


def _span(found: _Found, everything: float) -> Span:
    document = found.excerpt.document
    text = document.text[found.start : found.end]
    score = math.exp(found.score - everything)
    return Span(text=text, start=found.start, end=found.end, document=document.id, score=score)


def _logits(data: bytes) -> NDArray[np.float64]:
    """Raises ProcessError if one of them is no number."""
    logits = np.frombuffer(data, dtype=np.float32).astype(np.float64)
    if not np.isfinite(logits).all():
        raise ProcessError("the reader's numbers are not finite")
    return logits
