"""Log probabilities of given tokens, and of the likeliest tokens in the same rows."""

import math

import torch
from torch import Tensor

from service.engine.protocol.outputs import TokenLogprob
from service.engine.sampling.rows import row_tiles
from service.engine.sampling.selection import top_k_ids
from service.engine.sampling.transfer import to_device


def token_logprobs(logits: Tensor, tokens: list[int], num_top: list[int]) -> list[TokenLogprob]:
    """The log probability of one token in each row, and of the row's ``num_top`` likeliest tokens, best first.

    ``logits`` is [R, V] of any floating type, as the model gave them; the log-softmax is float32. ``tokens`` and
    ``num_top`` hold R numbers each. Equal tokens come in order of id. Impossible tokens (-inf) are never among the
    likeliest. A row that has a NaN or +inf yields NaN. The results reach the host in one transfer.
    """
    if not tokens:
        return []
    k = min(max(num_top), logits.shape[-1])
    columns = to_device(tokens, torch.int64, logits.device).unsqueeze(1)
    tables = []
    for tile in row_tiles(len(tokens), logits):
        scores, chosen = logits[tile].float(), columns[tile]
        logs = scores.log_softmax(dim=-1)
        ids = top_k_ids(scores, k)
        tables.append(torch.cat((logs.gather(1, chosen).double(), logs.gather(1, ids).double(), ids.double()), dim=1))
    return [
        TokenLogprob(token, row[0], _possible(row[k + 1 :], row[1 : k + 1], count))
        for token, count, row in zip(tokens, num_top, torch.cat(tables).tolist(), strict=True)
    ]


def _possible(ids: list[float], logs: list[float], count: int) -> tuple[tuple[int, float], ...]:
    """The first ``count`` pairs (id, log probability), without impossible tokens."""
    return tuple((int(token), log) for token, log in zip(ids[:count], logs[:count], strict=True) if log > -math.inf)
