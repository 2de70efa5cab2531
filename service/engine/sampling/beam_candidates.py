"""The best continuations of beams."""

from collections.abc import Sequence

import torch
from torch import Tensor

from service.engine.sampling.logit_adjustments import apply_constraints, bias_and_penalties
from service.engine.sampling.place import Place
from service.engine.sampling.rows import row_tiles
from service.engine.sampling.selection import top_k_ids
from service.engine.scheduling.beam_search import Candidates, num_candidates


def beam_candidates(logits: Tensor, places: Sequence[Place]) -> list[Candidates | None]:
    """The best continuations of each place, which is a beam's: as many as its search wants and as are possible.

    ``logits`` is [R, V] float32, one row for each place. Constraints and adjustments change the log probabilities, so
    the probabilities' sum is no longer 1. A row that has a NaN or +inf, or only -inf, yields None.
    """
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
