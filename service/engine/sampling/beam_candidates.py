"""The best continuations of beams."""

from collections.abc import Sequence
from functools import partial
from itertools import compress

import torch
from torch import Tensor

from service.engine.sampling.logit_adjustments import apply_constraints, bias_and_penalties, changes_logits
from service.engine.sampling.place import Place
from service.engine.sampling.rows import row_tiles, select_rows
from service.engine.sampling.selection import top_k_ids
from service.engine.scheduling.beam_search import Candidates, num_candidates
from service.models.contracts.language_model import FindLikeliest


def beam_candidates(
    logits: Tensor, places: Sequence[Place], find_likeliest: FindLikeliest | None = None
) -> list[Candidates | None]:
    """The best continuations of each place, which is a beam's: as many as its search wants and as are possible.

    ``logits`` is [R, V] float32, one row for each place. Constraints and adjustments change the log probabilities, so
    the probabilities' sum is no longer 1. A row that has a NaN or +inf, or only -inf, yields None. ``find_likeliest``
    computes the rows without adjustments.
    """
    if find_likeliest is None:
        return _changed_candidates(logits, places)
    found: list[Candidates | None] = [None] * len(places)
    changed = [changes_logits(place) for place in places]
    constrained = [place.constraint is not None and not each for place, each in zip(places, changed, strict=True)]
    plain = [not each and place.constraint is None for place, each in zip(places, changed, strict=True)]
    for which, compute in (
        (changed, _changed_candidates),
        (constrained, partial(_constrained_candidates, find_likeliest=find_likeliest)),
        (plain, partial(_plain_candidates, find_likeliest=find_likeliest)),
    ):
        if rows := list(compress(range(len(places)), which)):
            own = compute(select_rows(logits, rows), [places[row] for row in rows])
            for row, candidates in zip(rows, own, strict=True):
                found[row] = candidates
    return found


def _plain_candidates(
    logits: Tensor, places: Sequence[Place], find_likeliest: FindLikeliest
) -> list[Candidates | None]:
    """As ``beam_candidates``, for rows that nothing changes."""
    counts = [min(num_candidates(place.params), logits.shape[-1]) for place in places]
    ids, values = find_likeliest(logits, max(counts))
    found: list[Candidates | None] = []
    for count, tokens, scores in zip(counts, ids.numpy(), values.numpy(), strict=True):
        possible = int((scores[:count] > -torch.inf).sum())  # NaN is not
        found.append(Candidates(tokens[:possible], scores[:possible]) if possible else None)
    return found


def _constrained_candidates(
    logits: Tensor, places: Sequence[Place], find_likeliest: FindLikeliest
) -> list[Candidates | None]:
    """As ``beam_candidates``, for rows that only a constraint changes, between two passes of the kernel."""
    best, their_logprobs = find_likeliest(logits, 1)
    peaks = logits.gather(1, best)
    masked = apply_constraints(logits, places)
    counts = [min(num_candidates(place.params), logits.shape[-1]) for place in places]
    ids, values = find_likeliest(masked, max(counts))
    logprobs = masked.gather(1, ids) - peaks + their_logprobs
    are_numbers = their_logprobs[:, 0].isnan().logical_not_().tolist()
    found: list[Candidates | None] = []
    for count, tokens, possible, scores, is_number in zip(
        counts, ids.numpy(), (values > -torch.inf).numpy(), logprobs.numpy(), are_numbers, strict=True
    ):
        num_possible = int(possible[:count].sum())
        found.append(Candidates(tokens[:num_possible], scores[:num_possible]) if is_number else None)
    return found


def _changed_candidates(logits: Tensor, places: Sequence[Place]) -> list[Candidates | None]:
    """As ``beam_candidates``, by torch."""
    found: list[Candidates | None] = []
    for tile in row_tiles(len(places), logits):
        group = places[tile]
        counts = [min(num_candidates(place.params), logits.shape[-1]) for place in group]
        logprobs = logits[tile].log_softmax(dim=-1)
        are_numbers = logprobs[:, 0].isnan().logical_not_().tolist()  # the sum of a row that has a NaN or +inf is NaN
        logprobs = apply_constraints(logprobs, group)
        with bias_and_penalties(logprobs, group):
            ids = top_k_ids(logprobs, max(counts))
            values = logprobs.gather(1, ids)
        best = zip(ids.cpu().numpy(), values.cpu().numpy(), counts, are_numbers, strict=True)
        for tokens, scores, count, is_number in best:
            possible = int((scores[:count] > -torch.inf).sum())
            found.append(Candidates(tokens[:possible], scores[:possible]) if is_number else None)
    return found
