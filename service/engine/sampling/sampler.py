"""The sampler: turns logits into tokens, for a batch of sequences that each have their own parameters.

The order of operations, and where each one is defined:

    1. constraint                            logit_adjustments.apply_constraints
    2. bias, min_tokens mask, penalties      logit_adjustments.bias_and_penalties
    3. the best token; greedy rows end here  selection.best_tokens
    4. temperature, top_k, top_p, min_p      distribution.Distribution
    5. the draw                              distribution.draw at randomness.uniform(seed, position)
    6. log probabilities, if requested       logprobs.token_logprobs, from the logits of 1

The places of beams have candidates in place of a token: ``beam_candidates``.

Rows that draw are grouped by the work that they need: a small top_k looks at the best tokens only, top_p sorts a few of
the best ones unless many are likely, temperature and min_p alone need no order.

A row's result depends on its logits, its parameters, its seed and its position, and never on other rows. The sampler
keeps nothing from step to step.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from service.engine.protocol.outputs import TokenLogprob
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.sampling.beam_candidates import beam_candidates
from service.engine.sampling.distribution import Distribution, draw
from service.engine.sampling.logit_adjustments import apply_constraints, bias_and_penalties
from service.engine.sampling.logprobs import token_logprobs
from service.engine.sampling.place import Place
from service.engine.sampling.randomness import uniform
from service.engine.sampling.rows import row_tiles, select_rows
from service.engine.sampling.selection import best_tokens
from service.engine.sampling.transfer import to_device, to_host
from service.engine.scheduling.beam_search import Candidates
from service.engine.scheduling.step import NOTHING_POSSIBLE
from service.models.contracts.language_model import FindLikeliest

_NOT_FINITE = "the model's output is not finite"
_MAX_TOP_WIDTH = 1024  # up to this top_k, the best tokens are selected before they are filtered


@dataclass(slots=True, frozen=True)
class SampledToken:
    """The token chosen for one place, with its log probability if requested. With an ``error``, ``token`` is 0.

    The place of a beam has ``candidates`` in place of a token, which is 0.
    """

    token: int
    logprob: TokenLogprob | None = None
    error: str = ""
    candidates: Candidates | None = None


class Sampler:
    """Chooses the token at each place."""

    def __init__(self, vocab_size: int, device: torch.device, find_likeliest: FindLikeliest | None = None) -> None:
        """``find_likeliest``, if the model has it, is faster than torch."""
        self.vocab_size = vocab_size
        self.device = device
        self._find_likeliest = find_likeliest

    def sample(self, logits: Tensor, places: Sequence[Place]) -> list[SampledToken]:
        """One token, or the candidates of a beam, for each row of ``logits``: [R, V] of any floating type.

        ``logits`` is as before when this returns. A row that has a NaN or +inf, or only -inf, yields an error for that
        place alone. The results reach the host in one transfer, and log probabilities in a second one.
        """
        beams = [row for row, place in enumerate(places) if place.params.beams is not None]
        if not beams:
            return self._sample_tokens(logits, places)
        others = [row for row, place in enumerate(places) if place.params.beams is None]
        results = [SampledToken(0)] * len(places)
        own = select_rows(logits, beams).float()
        found = beam_candidates(own, [places[row] for row in beams], self._find_likeliest)
        for row, candidates in zip(beams, found, strict=True):
            results[row] = SampledToken(0, None, "" if candidates else _NOT_FINITE, candidates)
        sampled = self._sample_tokens(select_rows(logits, others), [places[row] for row in others])
        for row, token in zip(others, sampled, strict=True):
            results[row] = token
        return results

    def _sample_tokens(self, logits: Tensor, places: Sequence[Place]) -> list[SampledToken]:
        """As ``sample``, where no place is a beam's."""
        if not places:
            return []
        logits = apply_constraints(logits.float().contiguous(), places)
        with bias_and_penalties(logits, places):
            tokens, peaks = self._choose(logits, places)
        results = [_result(token, peak) for token, peak in to_host(tokens, peaks)]

        wanted = [row for row, place in enumerate(places) if place.params.logprobs is not None]
        requested = [row for row in wanted if not results[row].error]
        if requested:
            num_top = [places[row].params.logprobs or 0 for row in requested]
            chosen = [results[row].token for row in requested]
            logprobs = token_logprobs(select_rows(logits, requested), chosen, num_top)
            for row, logprob in zip(requested, logprobs, strict=True):
                results[row] = SampledToken(logprob.token, logprob)
        return results

    def _choose(self, scores: Tensor, places: Sequence[Place]) -> tuple[Tensor, Tensor]:
        """The token of each row, [R] int64, and the best score of each row, [R]."""
        peaks, tokens = best_tokens(scores)
        for (only_top, _, _), group in self._drawing_rows(places).items():
            for tile in row_tiles(len(group), scores):
                rows = group[tile]
                drawn = self._draw(
                    select_rows(scores, rows), select_rows(peaks, rows), [places[row] for row in rows], only_top
                )
                tokens[to_device(rows, torch.int64, self.device)] = drawn
        return tokens, peaks

    def _drawing_rows(self, places: Sequence[Place]) -> dict[tuple[bool, bool, bool], list[int]]:
        """The rows that draw, grouped by the work that they need. All others are greedy.

        The work is (the best tokens are enough, there is a top_k, there is a top_p).
        """
        groups: dict[tuple[bool, bool, bool], list[int]] = {}
        for row, place in enumerate(places):
            p = place.params
            if p.temperature > 0 and p.top_k != 1:
                top_k = self._top_k(p)
                work = (top_k <= _MAX_TOP_WIDTH, top_k < self.vocab_size, p.top_p < 1)
                groups.setdefault(work, []).append(row)
        return groups

    def _draw(self, scores: Tensor, peaks: Tensor, places: Sequence[Place], only_top: bool) -> Tensor:
        """Draw a token for each row of one group: [n] int64."""
        params = [place.params for place in places]
        numbers = [uniform(p.seed, place.num_tokens) for p, place in zip(params, places, strict=True)]
        uniforms = to_device(numbers, torch.float64, self.device)
        distribution = Distribution.from_params(scores, peaks.unsqueeze(1), params)
        found: tuple[Tensor, Tensor] | None = None
        if only_top:
            found = distribution.top_weights(max(self._top_k(p) for p in params))
        elif self.device.type == "cpu" and all(p.top_p < 1 and self._top_k(p) == self.vocab_size for p in params):
            found = distribution.nucleus_weights()
        if found is None:
            return draw(distribution.all_weights(), uniforms)
        ids, weights = found
        return ids.gather(1, draw(weights, uniforms).unsqueeze(1)).squeeze(1)

    def _top_k(self, params: SamplingParams) -> int:
        return min(params.top_k or self.vocab_size, self.vocab_size)


def _result(token: int, peak: float) -> SampledToken:
    """The sampled token, or an error if ``peak``, the best score of its row, is not finite."""
    if math.isfinite(peak):
        return SampledToken(token, None)
    if peak == -math.inf:
        return SampledToken(0, None, NOTHING_POSSIBLE)
    return SampledToken(0, None, _NOT_FINITE)
