"""The rule of transcripts that needs logits: where all timestamps together are likelier than any text, one follows."""

import math
from collections.abc import Sequence
from itertools import compress

from torch import Tensor

from service.engine.protocol.transcript_rules import TranscriptRules
from service.engine.sampling.place import Place
from service.engine.sampling.rows import select_rows


def require_likely_timestamps(logits: Tensor, places: Sequence[Place]) -> None:
    """Mask all other tokens of the rows to which the rule applies, in place.

    ``logits`` is [R, V] float32, one row for each place, with -inf for tokens that the constraints forbid. The sum of
    the timestamps' probabilities is compared with the best other token's, both without the same factor.
    """
    rows_by_first: dict[int, list[int]] = {}
    for row, place in enumerate(places):
        rules = place.params.constraint
        if isinstance(rules, TranscriptRules) and rules.first_timestamp is not None:
            rows_by_first.setdefault(rules.first_timestamp, []).append(row)
    for first, rows in rows_by_first.items():
        own = select_rows(logits, rows)
        are_likely = own[:, first:].logsumexp(dim=-1) > own[:, :first].amax(dim=-1)
        for row in compress(rows, are_likely.tolist()):
            logits[row, :first] = -math.inf
