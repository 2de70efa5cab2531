"""Log probabilities against torch's log-softmax of the model's own logits."""

import math

import pytest
import torch

from service.engine.sampling.logprobs import token_logprobs
from service.engine.sampling.sampler import Sampler
from tests.engine.sampling.cases import CPU, INF, make_sequence, random_logits


def test_logprobs_are_the_log_softmax_of_the_raw_logits() -> None:
    logits = random_logits(20, 500).bfloat16()
    due = logits.float().log_softmax(-1)
    for row, found in enumerate(token_logprobs(logits, list(range(20)), [7] * 20)):
        assert found.token == row
        assert found.logprob == float(due[row, row])
        order = torch.sort(due[row], descending=True, stable=True)
        assert [token for token, _ in found.top] == order.indices[:7].tolist()
        assert [value for _, value in found.top] == order.values[:7].tolist()


def test_logprobs_of_a_sampled_token_ignore_bias_penalties_and_temperature() -> None:
    logits = random_logits(1, 50)
    one = make_sequence(temperature=0.3, logit_bias={9: 100.0}, repetition_penalty=2.0, top_k=3, logprobs=2)
    (result,) = Sampler(50, CPU).sample(logits, [one])
    assert result.token == 9
    assert result.logprob == token_logprobs(logits, [9], [2])[0]
    assert result.logprob is not None
    assert result.logprob.logprob == float(logits.log_softmax(-1)[0, 9])


def test_each_row_gets_the_number_of_alternatives_that_it_requests() -> None:
    logits = random_logits(4, 6)
    crowd = [make_sequence(logprobs=0), make_sequence(), make_sequence(logprobs=20), make_sequence(logprobs=2)]
    found = [result.logprob for result in Sampler(6, CPU).sample(logits, crowd)]
    assert [None if one is None else len(one.top) for one in found] == [0, None, 6, 2]


def test_impossible_tokens_are_not_among_the_likeliest() -> None:
    (found,) = token_logprobs(torch.tensor([[0.0, -INF, 0.0, -INF]]), [2], [4])
    assert [token for token, _ in found.top] == [0, 2]
    assert [value for _, value in found.top] == pytest.approx([math.log(0.5)] * 2)
    (found,) = token_logprobs(torch.tensor([[0.0, -INF]]), [1], [0])
    assert found.logprob == -INF
    (found,) = token_logprobs(torch.tensor([[0.0, math.nan]]), [0], [2])
    assert math.isnan(found.logprob)
