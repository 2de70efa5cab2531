"""Chunks and steps: which chunks sample, and the counts of a step."""

import pytest

from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk, Step


def make_sequence(num_prompt: int, num_generated: int = 0) -> Sequence:
    params = SamplingParams(max_tokens=9)
    return Sequence(Request(id="", prompt=(1,) * num_prompt, generated=(2,) * num_generated, params=params))


@pytest.mark.parametrize(("start", "num_tokens", "samples"), [(0, 5, True), (0, 4, False), (4, 1, True), (3, 1, False)])
def test_a_chunk_samples_if_it_ends_at_the_last_token(start: int, num_tokens: int, samples: bool) -> None:
    assert Chunk(make_sequence(3, 2), start, num_tokens).samples is samples


def test_generated_tokens_are_decodes_and_single_prompt_tokens_are_not() -> None:
    chunks = [
        Chunk(make_sequence(3, 1), 3, 1),  # a decode
        Chunk(make_sequence(3), 2, 1),  # the last token of a prompt
        Chunk(make_sequence(3, 4), 3, 4),  # generated tokens that are computed again after a preemption
    ]
    step = Step(chunks)
    assert (step.num_tokens, step.num_decodes) == (6, 1)


def test_an_empty_step_has_no_tokens() -> None:
    assert (Step().num_tokens, Step().num_decodes) == (0, 0)
