"""What a request changes in its logits before a token is chosen: constraint, bias, forbidden stop tokens, penalties.

Order: the constraint, logit_bias and the min_tokens mask (sums, so they commute), repetition_penalty, then
presence_penalty and frequency_penalty. The caller's tensor is never written: it still serves the log probabilities.
"""

import math
from collections import Counter
from dataclasses import dataclass, field

import torch
from torch import Tensor

from service.engine.sampling.transfer import to_device
from service.engine.scheduling.sequence import Sequence


@dataclass(slots=True)
class _Entries:
    """Values for single places (row, token) of a matrix of logits."""

    vocab_size: int
    rows: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, row: int, token: int, value: float) -> None:
        if token < self.vocab_size:
            self.rows.append(row)
            self.tokens.append(token)
            self.values.append(value)

    def on(self, device: torch.device) -> tuple[tuple[Tensor, Tensor], Tensor]:
        """((rows, tokens), values): an index of the matrix, and float32 values to go there."""
        places = (to_device(self.rows, torch.int64, device), to_device(self.tokens, torch.int64, device))
        return places, to_device(self.values, torch.float32, device)


def constrain(logits: Tensor, sequences: list[Sequence]) -> Tensor:
    """The logits with -inf for what a sequence's constraint does not allow: ``logits`` itself where none has any.

    ``logits`` is [R, V] float32, one row for each sequence. A NaN of what is allowed stays one.
    """
    kept = _Entries(logits.shape[-1])
    for row, sequence in enumerate(sequences):
        if (graph := sequence.params.constraint) is not None:
            for token in graph.allowed_tokens(sequence.constraint_nodes, sequence.params.stop_token_ids):
                kept.add(row, token, 0.0)
    limited = [row for row, sequence in enumerate(sequences) if sequence.params.constraint is not None]
    if not limited:
        return logits
    places, _ = kept.on(logits.device)
    values = logits[places]
    logits = logits.clone()
    logits[to_device(limited, torch.int64, logits.device)] = -math.inf
    return logits.index_put_(places, values)


def adjust(logits: Tensor, sequences: list[Sequence]) -> Tensor:
    """The logits with every sequence's bias and penalties applied: ``logits`` itself where nobody asks for any.

    ``logits`` is [R, V] float32, one row for each sequence. A NaN stays one. Tokens without a logit are passed over.
    """
    biases, repetition, occurrences = (_Entries(logits.shape[-1]) for _ in range(3))
    for row, sequence in enumerate(sequences):
        params = sequence.params
        for token, bias in params.logit_bias.items():
            biases.add(row, token, bias)
        if sequence.num_generated < params.min_tokens:
            for token in params.stop_token_ids:
                biases.add(row, token, -math.inf)
        if params.repetition_penalty != 1.0:
            for token in set(sequence.tokens):
                repetition.add(row, token, params.repetition_penalty)
        if params.presence_penalty or params.frequency_penalty:
            for token, count in Counter(sequence.tokens[sequence.num_prompt :]).items():
                occurrences.add(row, token, -params.presence_penalty - params.frequency_penalty * count)

    if not (biases.rows or repetition.rows or occurrences.rows):
        return logits
    logits = logits.clone()
    _add(logits, biases)
    _repel(logits, repetition)
    _add(logits, occurrences)
    return logits


def _add(logits: Tensor, entries: _Entries) -> None:
    if entries.rows:
        places, values = entries.on(logits.device)
        logits.index_put_(places, values, accumulate=True)


def _repel(logits: Tensor, entries: _Entries) -> None:
    """Divide positive logits and multiply negative ones (Keskar et al., CTRL, arXiv:1909.05858)."""
    if entries.rows:
        places, penalties = entries.on(logits.device)
        old = logits[places]
        logits.index_put_(places, torch.where(old < 0, old * penalties, old / penalties))
