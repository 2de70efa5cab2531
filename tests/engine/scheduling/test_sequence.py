"""A sequence: its status, its progress, and why it ends."""

from typing import Any

import pytest

from service.engine.constraints.graph_constraint import GraphConstraint
from service.engine.protocol.outputs import FinishReason, TokenLogprob
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.protocol.token_graph import TokenGraph
from service.engine.scheduling.sequence import Sequence, SequenceStatus
from tests.engine.constrained import allowed_tokens


def make_sequence(prompt: tuple[int, ...] = (1, 2, 3), generated: tuple[int, ...] = (), **params: Any) -> Sequence:
    options = SamplingParams(**{"max_tokens": 4, **params})
    return Sequence(Request(id="a", prompt=prompt, generated=generated, params=options, cache_salt="salt"))


def test_a_new_sequence_waits_and_has_the_tokens_of_its_request() -> None:
    sequence = make_sequence(generated=(4, 5))
    assert sequence.status is SequenceStatus.WAITING
    assert sequence.tokens == [1, 2, 3, 4, 5]
    assert (sequence.num_prompt, sequence.num_generated, sequence.num_tokens) == (3, 2, 5)
    assert sequence.max_total_tokens == 7
    assert sequence.prefix_id == "salt"


def test_the_status_follows_the_transitions() -> None:
    sequence = make_sequence()
    seen = [sequence.status]
    for transition in (lambda: sequence.start(0, now=0.0), sequence.preempt, lambda: sequence.start(0, now=1.0)):
        transition()
        seen.append(sequence.status)
    sequence.finish()
    seen.append(sequence.status)
    waiting, running, preempted, finished = SequenceStatus
    assert seen == [waiting, running, preempted, running, finished]


def test_the_first_start_is_remembered_through_a_preemption() -> None:
    sequence = make_sequence()
    sequence.start(2, now=5.0)
    assert (sequence.num_computed, sequence.num_cached, sequence.start_time) == (2, 2, 5.0)
    assert sequence.advance(3)
    sequence.append(9)
    sequence.preempt()
    assert (sequence.num_computed, sequence.num_preemptions) == (0, 1)
    assert sequence.tokens == [1, 2, 3, 9], "tokens are never sampled again"
    sequence.start(0, now=8.0)
    assert (sequence.num_computed, sequence.num_cached, sequence.start_time) == (0, 2, 5.0)


def test_only_prompt_tokens_count_as_cached() -> None:
    sequence = make_sequence(generated=(4, 5))
    sequence.start(4, now=0.0)
    assert sequence.num_cached == 3


def test_only_the_last_token_samples() -> None:
    sequence = make_sequence()
    sequence.start(0, now=0.0)
    assert [sequence.advance(end) for end in (1, 2, 3)] == [False, False, True]


@pytest.mark.parametrize(
    ("generated", "params", "reason"),
    [
        ((4,), {}, None),
        ((4, 4, 4, 4), {}, FinishReason.LENGTH),
        ((4, 8), {"stop_token_ids": (7, 8)}, FinishReason.STOP),
        ((8, 4), {"stop_token_ids": (7, 8)}, None),
        ((4, 8), {"stop_token_ids": (8,), "min_tokens": 3}, None),
        ((4, 4, 8), {"stop_token_ids": (8,), "min_tokens": 3}, FinishReason.STOP),
        ((4, 4, 4, 8), {"stop_token_ids": (8,)}, FinishReason.STOP),
        ((), {"max_tokens": 0}, FinishReason.LENGTH),
        ((), {"stop_token_ids": (3,)}, None),  # the prompt ends with a stop token, which does not count
    ],
)
def test_a_sequence_ends_by_a_stop_token_or_its_length(
    generated: tuple[int, ...], params: dict[str, Any], reason: FinishReason | None
) -> None:
    assert make_sequence(generated=generated, **params).finish_reason() is reason


def test_the_constraint_follows_the_appended_tokens() -> None:
    graph = TokenGraph((((4, 1), (5, 2)), ((6, 3),), (), ()), (0,), (2, 3))
    sequence = Sequence(make_sequence().request, constraint=GraphConstraint(graph, (9,)))
    assert allowed_tokens(sequence, 10) == [4, 5]
    sequence.append(4)
    assert allowed_tokens(sequence, 10) == [6]
    sequence.append(6)
    assert allowed_tokens(sequence, 10) == [9]


def test_prompt_logprobs_that_are_computed_again_are_not_added_twice() -> None:
    second, third = TokenLogprob(2, -0.5), TokenLogprob(3, -0.25)
    sequence = make_sequence(prompt_logprobs=0)
    sequence.add_prompt_logprobs(0, (second,))
    assert sequence.prompt_logprobs == [None, second]
    sequence.add_prompt_logprobs(0, (second, third))
    assert sequence.prompt_logprobs == [None, second, third]
    sequence.add_prompt_logprobs(1, (third,))
    assert sequence.prompt_logprobs == [None, second, third]
