"""Changes to a request's logits before a token is chosen: constraint, bias, masked tokens, penalties.

Order: the constraint, then logit_bias and the masks (sums, so their order does not matter), then
repetition_penalty, then presence_penalty and frequency_penalty. The caller's tensor is never written, because the log
probabilities are computed from it.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from service.engine.sampling.place import Place
from service.engine.sampling.transfer import to_device


@dataclass(slots=True)
class _Entries:
    """Values for single entries (row, token) of a matrix of logits. Tokens without a logit are left out."""

    vocab_size: int
    rows: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, row: int, token: int, value: float) -> None:
        if token < self.vocab_size:
            self.rows.append(row)
            self.tokens.append(token)
            self.values.append(value)

    def to(self, device: torch.device) -> tuple[tuple[Tensor, Tensor], Tensor]:
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
    rows = to_device([row for row, _ in constrained], torch.int64, logits.device)
    forbidden = ~torch.from_numpy(allowed).to(logits.device)
    return logits.index_copy(0, rows, logits[rows].masked_fill_(forbidden, -math.inf))


def apply_bias_and_penalties(logits: Tensor, places: Sequence[Place]) -> Tensor:
    """The logits with every place's bias, masks and penalties; ``logits`` itself if there are none.

    ``logits`` is [R, V] float32, one row for each place. A NaN stays NaN. Tokens without a logit are skipped.
    """
    biases, repetition, occurrences = (_Entries(logits.shape[-1]) for _ in range(3))
    allowed = {row: each.params.allowed_token_ids for row, each in enumerate(places) if each.params.allowed_token_ids}
    for row, place in enumerate(places):
        params = place.params
        for token, bias in params.logit_bias.items():
            biases.add(row, token, bias)
        if place.num_generated < params.min_tokens:
            for token in params.stop_token_ids:
                biases.add(row, token, -math.inf)
        if params.forbidden is not None:
            for token in set(params.forbidden.next_tokens(place.tokens)):
                biases.add(row, token, -math.inf)
        if params.repetition_penalty != 1.0:
            for token in set(place.tokens):
                repetition.add(row, token, params.repetition_penalty)
        if params.presence_penalty or params.frequency_penalty:
            for token, count in Counter(place.tokens[place.num_prompt :]).items():
                occurrences.add(row, token, -params.presence_penalty - params.frequency_penalty * count)

    if not (biases.rows or repetition.rows or occurrences.rows or allowed):
        return logits
    logits = logits.clone()
    _mask_all_but(logits, allowed)
    _add(logits, biases)
    _penalize_repetition(logits, repetition)
    _add(logits, occurrences)
    return logits


def _mask_all_but(logits: Tensor, allowed: dict[int, tuple[int, ...]]) -> None:
    """Add -inf to all other tokens of these rows, in place."""
    for row, tokens in allowed.items():
        mask = torch.full_like(logits[row], -math.inf)
        mask[to_device([token for token in tokens if token < len(mask)], torch.int64, logits.device)] = 0
        logits[row] += mask


def _add(logits: Tensor, entries: _Entries) -> None:
    """Add the entries' values to ``logits``, in place."""
    if entries.rows:
        index, values = entries.to(logits.device)
        logits.index_put_(index, values, accumulate=True)


def _penalize_repetition(logits: Tensor, entries: _Entries) -> None:
    """Divide positive logits and multiply negative ones, in place (Keskar et al., CTRL, arXiv:1909.05858)."""
    if entries.rows:
        index, penalties = entries.to(logits.device)
        old = logits[index]
        logits.index_put_(index, torch.where(old < 0, old * penalties, old / penalties))
