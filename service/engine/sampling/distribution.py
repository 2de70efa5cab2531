"""From logits and sampling parameters to a distribution over tokens, and from that to one token.

Probabilities are whole numbers here: a token's weight is exp((logit - best logit) / temperature) in fixed point, so
that sums over a row are exact in any order. Hence no result depends on how many rows are computed together, on the
number of threads or on how a device splits a sum. A token less than 1e-13 times as likely as the best one counts as
impossible.

Tokens have a strict order: higher logit first, then lower id. top_k, top_p and min_p, in this order (that of
transformers), each keep a beginning of it: top_k the first k; top_p the shortest beginning that holds the share p of
what top_k kept; min_p the tokens with at least the share p of the best one's probability. So top_k of 1 is greedy, and
equal logits are told apart by id. (transformers' top_k keeps everything equal to the k-th; its top_p splits equals as
its sort happens to.)
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from service.engine.protocol.types import SamplingParams
from service.engine.sampling.select import beginning, best, ranks
from service.engine.sampling.transfer import to_device

_TINY = torch.finfo(torch.float32).tiny


@dataclass(slots=True, frozen=True)
class Distribution:
    """n rows of logits with what shapes them. The tensors but ``logits`` are columns [n, 1]."""

    logits: Tensor  # [n, V] float32
    peaks: Tensor  # float32: the best logit of each row; where it is not finite, a row's weights mean nothing
    temperature: Tensor  # float32, > 0
    top_k: Tensor  # int64; V is off
    top_p: Tensor  # float64; 1 is off
    min_p: Tensor  # float64; 0 is off
    params: list[SamplingParams]  # as the host knows them: filters that no row uses are skipped

    @classmethod
    def of(cls, logits: Tensor, peaks: Tensor, params: list[SamplingParams]) -> Self:
        vocab_size = logits.shape[-1]
        numbers = [x for p in params for x in (p.temperature, min(p.top_k or vocab_size, vocab_size), p.top_p, p.min_p)]
        columns = to_device(numbers, torch.float64, logits.device).view(-1, 4)
        temperature, top_k, top_p, min_p = columns.chunk(4, dim=1)
        # A temperature too small for float32 must not become a division by zero.
        return cls(logits, peaks, temperature.float().clamp(min=_TINY), top_k.long(), top_p, min_p, params)

    def all(self) -> Tensor:
        """The weights of all tokens, 0 for those that the filters drop: [n, V] int64, in order of id."""
        vocab_size = self.logits.shape[-1]
        weights = self._weigh(self.logits)
        has_top_k = any(0 < p.top_k < vocab_size for p in self.params)
        has_top_p = any(p.top_p < 1 for p in self.params)
        if has_top_k or has_top_p:
            order = ranks(self.logits)
        if has_top_k:
            kept = beginning(order, torch.ones_like(weights), self.top_k)
            weights.mul_(kept)
            order = order.where(kept, torch.iinfo(order.dtype).min)  # of equals, those outside are now worse
        if has_top_p:
            weights.mul_(beginning(order, weights, self._nucleus(weights)))
        return self._above_min_p(weights)

    def best(self, width: int) -> tuple[Tensor, Tensor]:
        """The same where every row has a top_k <= ``width``: ids and weights of that many tokens, in order of id.

        Both are [n, width] int64. Cheaper than ``all`` as long as ``width`` is a small part of V.
        """
        ids = best(self.logits, width)
        weights = self._weigh(self.logits.gather(1, ids))
        weights.mul_(torch.arange(width, device=ids.device) < self.top_k)
        weights.mul_(weights.cumsum(dim=-1) - weights < self._nucleus(weights))
        ids, order = ids.sort(dim=-1)
        return ids, self._above_min_p(weights.gather(1, order))

    @property
    def _one(self) -> float:
        """The best token's weight: a power of two of which V fit into an int64."""
        return 2.0 ** (62 - self.logits.shape[-1].bit_length())

    def _weigh(self, logits: Tensor) -> Tensor:
        return logits.sub(self.peaks).div_(self.temperature).exp_().mul_(self._one).long()

    def _nucleus(self, weights: Tensor) -> Tensor:
        """The share of the weights that top_p keeps, [n, 1]. At least 1, so that the best token always stays."""
        mass = weights.sum(dim=-1, keepdim=True)
        share = (mass.double() * self.top_p).ceil().long().minimum(mass).clamp(min=1)
        return share.where(self.top_p < 1, mass)

    def _above_min_p(self, weights: Tensor) -> Tensor:
        if any(p.min_p > 0 for p in self.params):
            weights.mul_(weights >= (self.min_p * self._one).ceil().long())
        return weights


def draw(weights: Tensor, uniforms: Tensor) -> Tensor:
    """The inverse of each row's cumulated weights at its uniform: indices [n] int64.

    ``weights`` is [n, C] int64, ``uniforms`` [n] float64 in [0, 1). A token of weight 0 is never drawn.
    """
    sums = weights.cumsum(dim=-1)
    total = sums[:, -1:]
    target = (uniforms.unsqueeze(1) * total.double()).long().minimum(total - 1)
    return torch.searchsorted(sums, target, right=True).squeeze(1).clamp(max=weights.shape[-1] - 1)
