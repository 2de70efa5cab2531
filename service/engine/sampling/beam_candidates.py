"""The best continuations of beams."""

from collections.abc import Sequence
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
    computes the rows that nothing changes.
    """
    if find_likeliest is None:
        return _changed_candidates(logits, places)
    are_changed = [place.constraint is not None or changes_logits(place) for place in places]
    changed = list(compress(range(len(places)), are_changed))
    plain = list(compress(range(len(places)), [not each for each in are_changed]))
    found: list[Candidates | None] = [None] * len(places)
    if changed:
        own = _changed_candidates(select_rows(logits, changed), [places[row] for row in changed])
        for row, candidates in zip(changed, own, strict=True):
            found[row] = candidates
    if plain:
        counts = [min(num_candidates(places[row].params), logits.shape[-1]) for row in plain]
        ids, values = find_likeliest(select_rows(logits, plain), max(counts))
        for row, count, tokens, scores in zip(plain, counts, ids.numpy(), values.numpy(), strict=True):
            possible = int((scores[:count] > -torch.inf).sum())
            if possible:  # NaN is not
                found[row] = Candidates(tokens[:possible], scores[:possible])
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
