"""Logits to tokens: every sequence with its own parameters, all in one batch.

Greedy rows take the best token and pay for nothing else. Rows that draw are computed together with those that need the
same work: a top_k of up to ``_FEW`` looks at the best tokens only, top_p goes over the whole vocabulary, temperature
and min_p alone do with less.

A row's result depends on its logits, its parameters, its seed and its position, never on its neighbours: see
``distribution`` for the arithmetic and ``randomness`` for the draws. The sampler keeps nothing from step to step.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from service.engine.protocol.types import SamplingParams, TokenLogprob
from service.engine.sampling.distribution import Distribution, draw
from service.engine.sampling.penalties import adjust, constrain
from service.engine.sampling.randomness import uniform
from service.engine.sampling.select import HISTOGRAM, best
from service.engine.sampling.transfer import to_device
from service.engine.scheduling.sequence import Sequence

_FEW = 1024  # up to so many, the best tokens are picked out of the row; many more would have to be sorted
_TILE = {"cpu": 1 << 18, "cuda": 1 << 22}  # logits computed at a time: bounds the memory, changes no result


@dataclass(slots=True, frozen=True)
class SampledToken:
    """The token chosen for one sequence, with its log probability if asked for. With an ``error``, ``token`` is 0."""

    token: int
    logprob: TokenLogprob | None
    error: str = ""


class Sampler:
    """Chooses the next token of each sequence."""

    def __init__(self, vocab_size: int, device: torch.device) -> None:
        self.vocab_size = vocab_size
        self.device = device

    def sample(self, logits: Tensor, sequences: list[Sequence]) -> list[SampledToken]:
        """One token for each row of ``logits``, [R, V] of any floating type, one row for each sequence.

        ``logits`` is only read. A row that has a NaN or +inf, or nothing above -inf, yields an error for that sequence
        alone. The results reach the host in one transfer, log probabilities in a second one.
        """
        if not sequences:
            return []
        logits = constrain(logits.float(), sequences)
        scores = adjust(logits, sequences)
        peaks, tokens = scores.max(dim=-1)  # the first of equals
        for (few, _, _), lane in self._lanes(sequences).items():
            for tile in _tiles(len(lane), scores):
                rows = lane[tile]
                drawn = self._draw(_take(scores, rows), _take(peaks, rows), [sequences[row] for row in rows], few)
                tokens[to_device(rows, torch.int64, self.device)] = drawn
        table = torch.stack((tokens.double(), peaks.double()), dim=1).tolist()
        results = [_result(int(token), peak) for token, peak in table]

        asked = [row for row, s in enumerate(sequences) if s.params.logprobs is not None and not results[row].error]
        if asked:
            counts = [sequences[row].params.logprobs or 0 for row in asked]
            details = _logprobs(_take(logits, asked), [results[row].token for row in asked], counts)
            for row, detail in zip(asked, details, strict=True):
                results[row] = SampledToken(detail.token, detail)
        return results

    def _lanes(self, sequences: list[Sequence]) -> dict[tuple[bool, bool, bool], list[int]]:
        """The rows that draw, by (needs few tokens, has a top_k, has a top_p)."""
        lanes: dict[tuple[bool, bool, bool], list[int]] = {}
        for row, sequence in enumerate(sequences):
            p = sequence.params
            if p.temperature > 0 and p.top_k != 1:
                top_k = self._top_k(p)
                lanes.setdefault((top_k <= _FEW, top_k < self.vocab_size, p.top_p < 1), []).append(row)
        return lanes

    def _draw(self, scores: Tensor, peaks: Tensor, sequences: list[Sequence], few: bool) -> Tensor:
        """What rows of one lane draw: [n] int64."""
        params = [sequence.params for sequence in sequences]
        uniforms = [uniform(p.seed, sequence.num_tokens) for p, sequence in zip(params, sequences, strict=True)]
        distribution = Distribution.of(scores, peaks.unsqueeze(1), params)
        at = to_device(uniforms, torch.float64, self.device)
        if not few:
            return draw(distribution.all(), at)
        ids, weights = distribution.best(max(self._top_k(p) for p in params))
        return ids.gather(1, draw(weights, at).unsqueeze(1)).squeeze(1)

    def _top_k(self, params: SamplingParams) -> int:
        return min(params.top_k or self.vocab_size, self.vocab_size)


def logprobs(logits: Tensor, tokens: list[int], k: int) -> list[TokenLogprob]:
    """The log probability of one token in each row, and of the row's ``k`` likeliest tokens, best first.

    ``logits`` is [R, V] of any floating type, as the model gave them; the log-softmax is float32. Equal tokens come in
    order of id. Impossible ones (-inf) are never among the likeliest. A row that has a NaN or +inf yields NaN.
    """
    return _logprobs(logits, tokens, [k] * len(tokens))


def _logprobs(logits: Tensor, tokens: list[int], counts: list[int]) -> list[TokenLogprob]:
    """As ``logprobs``, with an own number of alternatives for each row."""
    if not tokens:
        return []
    k = min(max(counts), logits.shape[-1])
    index = to_device(tokens, torch.int64, logits.device).unsqueeze(1)
    tables = []
    for tile in _tiles(len(tokens), logits):
        scores, chosen = logits[tile].float(), index[tile]
        logs = scores.log_softmax(dim=-1)
        ids = best(scores, k)
        tables.append(torch.cat((logs.gather(1, chosen).double(), logs.gather(1, ids).double(), ids.double()), dim=1))
    return [
        TokenLogprob(token, row[0], _possible(row[k + 1 :], row[1 : k + 1], count))
        for token, count, row in zip(tokens, counts, torch.cat(tables).tolist(), strict=True)
    ]


def _possible(ids: list[float], logs: list[float], count: int) -> tuple[tuple[int, float], ...]:
    return tuple((int(token), log) for token, log in zip(ids[:count], logs[:count], strict=True) if log > -math.inf)


def _result(token: int, peak: float) -> SampledToken:
    if math.isfinite(peak):
        return SampledToken(token, None)
    if peak == -math.inf:
        return SampledToken(0, None, "no token is possible here: the model or the request rules out every one")
    return SampledToken(0, None, "the model's output is not finite")


def _tiles(count: int, logits: Tensor) -> list[slice]:
    """Slices of ``count`` rows as wide as ``logits``, each small enough to be computed at a time."""
    width = max(logits.shape[-1], HISTOGRAM)
    size = max(1, _TILE.get(logits.device.type, _TILE["cuda"]) // width)
    return [slice(start, start + size) for start in range(0, count, size)]


def _take(tensor: Tensor, rows: list[int]) -> Tensor:
    """These rows of a tensor; not a copy if that is all of them."""
    if len(rows) == tensor.shape[0]:
        return tensor
    return tensor[to_device(rows, torch.int64, tensor.device)]
