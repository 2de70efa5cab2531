"""The rule of transcripts that needs logits: where all timestamps together are likelier than any text, one follows."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from service.engine.protocol.transcript_rules import TranscriptRules
from service.engine.sampling.place import Place


def require_likely_timestamps(logits: Tensor, places: Sequence[Place]) -> None:
    """Mask all other tokens of the rows to which the rule applies, in place.

    ``logits`` is [R, V] float32, one row for each place, with -inf for tokens that the constraints forbid. Each row is
    computed by itself, so it does not depend on the others.
    """
    for row, place in enumerate(places):
        rules = place.params.constraint
        if not isinstance(rules, TranscriptRules) or rules.first_timestamp is None:
            continue
        logprobs = torch.log_softmax(logits[row], dim=-1)
        timestamps = logprobs[rules.first_timestamp :].logsumexp(dim=-1)
        other = logprobs[: rules.first_timestamp].max()
        logits[row, : rules.first_timestamp].masked_fill_(timestamps > other, -math.inf)
