"""Changes to a request's logits before a token is chosen: constraint, bias, masked tokens, penalties.

Order: the constraint, then logit_bias and the masks (sums, so their order does not matter), then
repetition_penalty, then presence_penalty and frequency_penalty. Constraints are written into a copy. The other changes
concern few numbers, so they are made in place and undone, because the log probabilities are computed without them.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from service.engine.sampling.likely_timestamps import require_likely_timestamps
from service.engine.sampling.place import Place
from service.engine.sampling.repeated_ngrams import completing_tokens
from service.engine.sampling.rows import select_rows
from service.engine.sampling.transfer import to_device

_Index = tuple[Tensor, Tensor]  # rows and tokens: int64


@dataclass(slots=True)
class _Entries:
    """Values for single entries (row, token) of a matrix of logits. Tokens without a logit are left out."""

    vocab_size: int
    rows: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, row: int, tokens: Collection[int], values: Collection[float]) -> None:
        """Add a value for each of some tokens of a row."""
        if tokens and max(tokens) >= self.vocab_size:
            pairs = [(token, value) for token, value in zip(tokens, values, strict=True) if token < self.vocab_size]
            tokens, values = [token for token, _ in pairs], [value for _, value in pairs]
        self.rows += [row] * len(tokens)
        self.tokens += tokens
        self.values += values

    def add_equal(self, row: int, tokens: Collection[int], value: float) -> None:
        """Add one value for some tokens of a row."""
        self.add(row, tokens, [value] * len(tokens))

    def to(self, device: torch.device) -> tuple[_Index, Tensor]:
        """((rows, tokens), values): an index of the matrix, and the float32 values of its entries."""
        index = (to_device(self.rows, torch.int64, device), to_device(self.tokens, torch.int64, device))
        return index, to_device(self.values, torch.float32, device)


def apply_constraints(logits: Tensor, places: Sequence[Place]) -> Tensor:
    """The logits with -inf for each token that a place's constraint forbids; ``logits`` itself without constraints.

    ``logits`` is [R, V] float32, one row for each place. The logit of an allowed token does not change, even if it
    is NaN.
    """
    constrained = [(row, place.constraint) for row, place in enumerate(places) if place.constraint is not None]
    if not constrained:
        return logits
    allowed = np.empty((len(constrained), logits.shape[-1]), dtype=np.bool_)
    for mask, (_, constraint) in zip(allowed, constrained, strict=True):
        constraint.write_mask(mask)
    forbidden = torch.from_numpy(allowed).logical_not_().to(logits.device)
    rows = [row for row, _ in constrained]
    masked = select_rows(logits, rows).masked_fill(forbidden, -math.inf)
    require_likely_timestamps(masked, [places[row] for row in rows])
    if len(rows) == len(places):
        return masked
    return logits.index_copy(0, to_device(rows, torch.int64, logits.device), masked)


def changes_logits(place: Place) -> bool:
    """Whether ``bias_and_penalties`` changes a number of this place."""
    params = place.params
    return bool(
        params.logit_bias
        or place.num_generated < params.min_tokens
        or params.forbidden is not None
        or params.no_repeat_ngram_size
        or params.repetition_penalty != 1.0
        or params.presence_penalty
        or params.frequency_penalty
        or params.allowed_token_ids
    )


@contextmanager
def bias_and_penalties(logits: Tensor, places: Sequence[Place]) -> Iterator[None]:
    """Within the block ``logits`` has every place's bias, masks and penalties; after it, the numbers from before.

    ``logits`` is [R, V] float32, contiguous, one row for each place. A NaN stays NaN. Tokens without a logit are
    skipped.
    """
    biases, repetition, occurrences = (_Entries(logits.shape[-1]) for _ in range(3))
    added = ((_add, biases), (_penalize_repetition, repetition), (_add, occurrences))
    allowed = {row: each.params.allowed_token_ids for row, each in enumerate(places) if each.params.allowed_token_ids}
    for row, place in enumerate(places):
        if not changes_logits(place):
            continue
        params = place.params
        biases.add(row, params.logit_bias.keys(), params.logit_bias.values())
        if place.num_generated < params.min_tokens:
            biases.add_equal(row, params.stop_token_ids, -math.inf)
        if params.forbidden is not None:
            biases.add_equal(row, set(params.forbidden.next_tokens(place.tokens)), -math.inf)
        if params.no_repeat_ngram_size:
            biases.add_equal(row, set(completing_tokens(place.tokens, params.no_repeat_ngram_size)), -math.inf)
        if params.repetition_penalty != 1.0:
            repetition.add_equal(row, set(place.tokens), params.repetition_penalty)
        if params.presence_penalty or params.frequency_penalty:
            counts = Counter(place.tokens[place.num_prompt :])
            penalties = [-params.presence_penalty - params.frequency_penalty * count for count in counts.values()]
            occurrences.add(row, counts.keys(), penalties)

    if not (biases.rows or repetition.rows or occurrences.rows or allowed):
        yield
        return
    changes = [(change, *entries.to(logits.device)) for change, entries in added if entries.rows]
    numbers = [logits[index] for _, index, _ in changes]
    rows = {row: logits[row].clone() for row in allowed}
    _mask_all_but(logits, allowed)
    for change, index, values in changes:
        change(logits, index, values)
    try:
        yield
    finally:
        for (_, index, _), before in zip(changes, numbers, strict=True):
            logits.index_put_(index, before)
        for row, whole in rows.items():
            logits[row] = whole


def _mask_all_but(logits: Tensor, allowed: dict[int, tuple[int, ...]]) -> None:
    """Add -inf to all other tokens of these rows, in place."""
    for row, tokens in allowed.items():
        mask = torch.full_like(logits[row], -math.inf)
        mask[to_device([token for token in tokens if token < len(mask)], torch.int64, logits.device)] = 0
        logits[row] += mask


def _add(logits: Tensor, index: _Index, values: Tensor) -> None:
    """Add ``values`` to the entries at ``index``, in place."""
    logits.index_put_(index, values, accumulate=True)


def _penalize_repetition(logits: Tensor, index: _Index, penalties: Tensor) -> None:
    """Divide positive logits and multiply negative ones, in place (Keskar et al., CTRL, arXiv:1909.05858)."""
    old = logits[index]
    logits.index_put_(index, torch.where(old < 0, old * penalties, old / penalties))
