"""Branches of a translation: decoded anew from the places where the model was least certain of it.

A greedy translation takes the likeliest token at each place, which need not lead to the likeliest text. Beam search
keeps several texts in every step. Branches need two rounds instead, and find their beginnings in the prefix cache.
"""

import heapq
from collections.abc import Iterator, Sequence

from service.engine.protocol.outputs import TokenLogprob, TokenOutput
from service.engine.protocol.sampling_params import SamplingParams

MOST_ALTERNATIVES = 5  # likeliest tokens at each place, one of which usually was taken


def find_beginnings(outputs: Sequence[TokenOutput], params: SamplingParams, most: int) -> list[tuple[TokenOutput, ...]]:
    """The beginnings of at most ``most`` branches: some outputs, and another token than the one that followed them.

    These tokens have lost least probability to the ones that were taken. There are none if ``params`` rule out tokens
    or change their probabilities, since another token might be one that the client does not want.
    """
    if params.masks_tokens or params.logit_bias:
        return []
    outputs = outputs[: params.max_tokens - 1]  # at least one token follows
    chosen = heapq.nsmallest(most, _other_tokens(outputs, params.stop_token_ids))
    return [(*outputs[:place], _output(token, logprob)) for _, place, token, logprob in chosen]


def _other_tokens(outputs: Sequence[TokenOutput], ends: Sequence[int]) -> Iterator[tuple[float, int, int, float]]:
    """The tokens that were not taken: what each has lost to the taken one, its place, and its log probability.

    An end is none of them: nothing could follow there.
    """
    for place, output in enumerate(outputs):
        if (taken := output.logprob) is None:
            continue
        for token, logprob in taken.top:
            if token != taken.token and token not in ends:
                yield taken.logprob - logprob, place, token, logprob


def _output(token: int, logprob: float) -> TokenOutput:
    return TokenOutput(request_id="", token=token, logprob=TokenLogprob(token, logprob))
