"""From the scores of a span head to the probabilities of spans, as SQuAD 2.0's reference does it.

A span from token i to token j of a window has the score start[i] + end[j]. Having no answer has the least of the
windows' start[0] + end[0], where 0 is the special token before the question. A softmax over no answer and all valid
spans of all windows of all documents makes probabilities of them. Valid are whole words up to a length; where windows
overlap, a span counts in the one in which its first token has most of the text around it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model_store.types import NoAnswer
from service.engine.errors import EngineError
from service.reader.messages import Scores
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
    excerpts: Sequence[Excerpt], skipped: Sequence[int], scores: Sequence[Scores], choice: Choice, calibration: NoAnswer
) -> Answer:
    """The best span, or that there is none. ``skipped`` tokens of each row stand before its excerpt."""
    none, total = 0.0, -math.inf
    found: list[_Found] = []
    rows = [(_logits(each.starts), _logits(each.ends)) for each in scores]
    if rows:
        none = min(float(starts[0] + ends[0]) for starts, ends in rows)
    owned = _owned(excerpts)
    for excerpt, skip, (starts, ends), mine in zip(excerpts, skipped, rows, owned, strict=True):
        part = slice(skip, skip + len(excerpt))
        some, mass = _spans(excerpt, starts[part], ends[part], mine, choice)
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
    excerpt: Excerpt, starts: NDArray[np.float64], ends: NDArray[np.float64], mine: NDArray[np.bool_], choice: Choice
) -> tuple[list[_Found], float]:
    """The best spans of a window, and the logarithm of what all its spans weigh together."""
    begins, finishes = excerpt.words()
    first = np.array([token for token in begins if mine[token]], dtype=np.int64)
    last = np.array(list(finishes), dtype=np.int64)
    if not first.size or not last.size:
        return [], -math.inf
    left = np.array([begins[token] for token in first.tolist()])[:, None]
    right = np.array(list(finishes.values()))[None]
    tokens = last[None] - first[:, None]
    valid = (tokens >= 0) & (tokens < choice.most_tokens) & (right > left) & (right - left <= choice.longest)
    scores = np.where(valid, starts[first][:, None] + ends[last][None], -np.inf)
    count = min(choice.top_k, int(valid.sum()))
    if not count:
        return [], -math.inf
    top = np.argpartition(scores, -count, axis=None)[-count:]
    places = zip(*np.unravel_index(top, scores.shape), strict=True)
    found = [_Found(float(scores[i, j]), excerpt, int(left[i, 0]), int(right[0, j])) for i, j in places]
    highest = float(scores.max())
    return found, highest + math.log(float(np.exp(scores - highest).sum()))


def _owned(excerpts: Sequence[Excerpt]) -> Iterator[NDArray[np.bool_]]:
    """For each excerpt, which of its tokens have nowhere more text around them; of equals the first counts."""
    most: dict[int, NDArray[np.float64]] = {}
    owner: dict[int, NDArray[np.int64]] = {}
    for number, excerpt in enumerate(excerpts):
        place, part, count = excerpt.place, slice(excerpt.first, excerpt.last), len(excerpt)
        if place not in most:
            length = len(excerpt.tokens.ids)
            most[place], owner[place] = np.full(length, -1.0), np.full(length, -1, dtype=np.int64)
        context = np.minimum(np.arange(count), np.arange(count)[::-1]) + 0.01 * count
        better = context > most[place][part]
        most[place][part][better] = context[better]
        owner[place][part][better] = number
    for number, excerpt in enumerate(excerpts):
        yield owner[excerpt.place][excerpt.first : excerpt.last] == number


def _span(found: _Found, everything: float) -> Span:
    document = found.excerpt.document
    text = document.text[found.start : found.end]
    score = math.exp(found.score - everything)
    return Span(text=text, start=found.start, end=found.end, document=document.id, score=score)


def _logits(data: bytes) -> NDArray[np.float64]:
    """Raises EngineError if one of them is no number."""
    logits = np.frombuffer(data, dtype=np.float32).astype(np.float64)
    if not np.isfinite(logits).all():
        raise EngineError("the reader's numbers are not finite")
    return logits
