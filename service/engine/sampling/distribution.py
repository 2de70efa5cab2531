"""From logits and sampling parameters to a distribution over tokens, and from the distribution to one token.

Probabilities are whole numbers here. A token's weight is exp((logit - best logit) / temperature) in fixed point, so
sums over a row are exact in any order. Hence no result depends on how many rows are computed together, on the number of
threads, or on how a device splits a sum. A token that is less than 1e-13 times as likely as the best one counts as
impossible.

Tokens have a strict order: higher logit first, then lower id. top_k, top_p and min_p are applied one after another, as
transformers does, and each keeps the first tokens of the order:

- top_k keeps the first k.
- top_p keeps the fewest that hold the share p of the weight that top_k kept.
- min_p keeps those with at least the share p of the best token's probability.

So a top_k of 1 is greedy, and equal logits are distinguished by id. (The top_k of transformers keeps all tokens that
are equal to the k-th, and its top_p splits equal tokens in the arbitrary order of its sort.)
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from service.engine.protocol.sampling_params import SamplingParams
from service.engine.sampling.selection import order_keys, smallest_prefix, top_k_ids
from service.engine.sampling.transfer import to_device

_FIRST_NUCLEUS, _MAX_NUCLEUS, _NUCLEUS_GROWTH = 64, 4096, 8  # tokens among which top_p is applied
_TINY = torch.finfo(torch.float32).tiny


@dataclass(slots=True, frozen=True)
class Distribution:
    """n rows of logits and the parameters that shape them. All tensors but ``logits`` are columns [n, 1]."""

    logits: Tensor  # [n, V] float32
    peaks: Tensor  # float32: the best logit of each row; if it is not finite, the row's weights have no meaning
    temperature: Tensor  # float32, > 0
    top_k: Tensor  # int64; V is off
    top_p: Tensor  # float64; 1 is off
    min_p: Tensor  # float64; 0 is off
    params: list[SamplingParams]  # on the host, so that filters that no row uses are skipped

    @classmethod
    def from_params(cls, logits: Tensor, peaks: Tensor, params: list[SamplingParams]) -> Self:
        """``logits`` is [n, V] float32, ``peaks`` its row maxima [n, 1], and ``params`` has n members."""
        vocab_size = logits.shape[-1]
        numbers = [x for p in params for x in (p.temperature, min(p.top_k or vocab_size, vocab_size), p.top_p, p.min_p)]
        columns = to_device(numbers, torch.float64, logits.device).view(-1, 4)
        temperature, top_k, top_p, min_p = columns.chunk(4, dim=1)
        # A temperature too small for float32 must not become a division by zero.
        return cls(logits, peaks, temperature.float().clamp(min=_TINY), top_k.long(), top_p, min_p, params)

    def all_weights(self) -> Tensor:
        """The weights of all tokens, in order of id, with 0 for those that a filter drops: [n, V] int64."""
        vocab_size = self.logits.shape[-1]
        weights = self._weights_of(self.logits)
        has_top_k = any(0 < p.top_k < vocab_size for p in self.params)
        has_top_p = any(p.top_p < 1 for p in self.params)
        if has_top_k or has_top_p:
            keys = order_keys(self.logits)
        if has_top_k:
            kept = smallest_prefix(keys, torch.ones_like(weights), self.top_k)
            weights.mul_(kept)
            keys = keys.where(kept, torch.iinfo(keys.dtype).min)  # of equal tokens, the dropped ones are worse now
        if has_top_p:
            weights.mul_(smallest_prefix(keys, weights, self._nucleus_weight(weights)))
        return self._apply_min_p(weights)

    def top_weights(self, width: int) -> tuple[Tensor, Tensor]:
        """The same for the ``width`` best tokens, where every row has a top_k <= ``width``.

        Returns ids and weights, in order of id: [n, width] int64 each. This is cheaper than ``all_weights`` as long as
        ``width`` is a small part of V.
        """
        ids = top_k_ids(self.logits, width)
        weights = self._weights_of(self.logits.gather(1, ids))
        weights.mul_(torch.arange(width, device=ids.device) < self.top_k)
        return self._in_nucleus(ids, weights, self._nucleus_weight(weights))

    def nucleus_weights(self) -> tuple[Tensor, Tensor] | None:
        """The same for the tokens that top_p keeps and a few more, where no row has a top_k.

        None if a row keeps more than ``_MAX_NUCLEUS``. The best tokens are selected, and more of them where they do
        not hold enough weight. The host waits for each result, so it is for CPUs.
        """
        all_weights = self._weights_of(self.logits)
        needed = self._nucleus_weight(all_weights)
        width = _FIRST_NUCLEUS
        while width <= min(_MAX_NUCLEUS, self.logits.shape[-1]):
            ids = top_k_ids(self.logits, width)
            weights = all_weights.gather(1, ids)
            if bool((weights.sum(dim=-1, keepdim=True) >= needed).all()):
                return self._in_nucleus(ids, weights, needed)
            width *= _NUCLEUS_GROWTH
        return None

    def _in_nucleus(self, ids: Tensor, weights: Tensor, needed: Tensor) -> tuple[Tensor, Tensor]:
        """``ids`` and ``weights``, which come best first, in order of id; 0 for those that top_p or min_p drops."""
        weights.mul_(weights.cumsum(dim=-1) - weights < needed)
        ids, order = ids.sort(dim=-1)
        return ids, self._apply_min_p(weights.gather(1, order))

    @property
    def _peak_weight(self) -> float:
        """The weight of each row's best token: a power of two of which V fit into an int64."""
        return 2.0 ** (62 - self.logits.shape[-1].bit_length())

    def _weights_of(self, logits: Tensor) -> Tensor:
        """exp((logit - peak) / temperature) in fixed point: int64."""
        return logits.sub(self.peaks).div_(self.temperature).exp_().mul_(self._peak_weight).long()

    def _nucleus_weight(self, weights: Tensor) -> Tensor:
        """The weight that top_p keeps, [n, 1] int64. It is at least 1, so that the best token always stays."""
        total = weights.sum(dim=-1, keepdim=True)
        share = (total.double() * self.top_p).ceil().long().minimum(total).clamp(min=1)
        return share.where(self.top_p < 1, total)

    def _apply_min_p(self, weights: Tensor) -> Tensor:
        if any(p.min_p > 0 for p in self.params):
            weights.mul_(weights >= (self.min_p * self._peak_weight).ceil().long())
        return weights


def draw(weights: Tensor, uniforms: Tensor) -> Tensor:
    """Invert each row's cumulated weights at its uniform number. Returns indices into the rows: [n] int64.

    ``weights`` is [n, C] int64, ``uniforms`` [n] float64 in [0, 1). An index of weight 0 is never drawn.
    """
    sums = weights.cumsum(dim=-1)
    total = sums[:, -1:]
    target = (uniforms.unsqueeze(1) * total.double()).long().minimum(total - 1)
    return torch.searchsorted(sums, target, right=True).squeeze(1).clamp(max=weights.shape[-1] - 1)
