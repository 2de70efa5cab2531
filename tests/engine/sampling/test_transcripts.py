"""The rules of transcripts mask what transformers' logits processors mask."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import GenerationConfig
from transformers.generation.logits_process import (
    LogitsProcessorList,
    SuppressTokensAtBeginLogitsProcessor,
    SuppressTokensLogitsProcessor,
    WhisperTimeStampLogitsProcessor,
)

from service.engine.protocol.messages import decode_command
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.protocol.transcript_rules import TranscriptRules
from service.engine.sampling.logit_adjustments import apply_constraints
from service.processes.messages import Submit, encode
from tests.engine.constrained import constrained

TEXT, END, NO_TIMESTAMPS, FIRST, SIZE = 6, 6, 8, 9, 15
RULES = TranscriptRules(
    suppressed=(2, 7, NO_TIMESTAMPS), suppressed_first=(1, END), end=END, first_timestamp=FIRST, latest_first=FIRST + 2
)
PROMPT = (7, 3)


def theirs(tokens: list[int], logits: torch.Tensor, *, timestamps: bool, latest: bool) -> torch.Tensor:
    begin = len(PROMPT)
    processors = [
        SuppressTokensAtBeginLogitsProcessor([1, END], begin_index=begin),
        SuppressTokensLogitsProcessor([2, 7, NO_TIMESTAMPS]),
    ]
    if timestamps:
        config = GenerationConfig(eos_token_id=END, no_timestamps_token_id=NO_TIMESTAMPS)
        if latest:
            config.max_initial_timestamp_index = 2
        processors.append(WhisperTimeStampLogitsProcessor(config, begin_index=begin))
    return LogitsProcessorList(processors)(torch.tensor([[*PROMPT, *tokens]]), logits.clone())


@given(
    st.lists(st.integers(0, SIZE - 1).filter(lambda token: token not in (2, END, 7, NO_TIMESTAMPS)), max_size=7),
    st.integers(0, 1 << 32),
    st.sampled_from([0.2, 2.0, 20.0]),
    st.booleans(),
    st.booleans(),
)
def test_the_same_tokens_are_masked(
    tokens: list[int], seed: int, spread: float, timestamps: bool, latest: bool
) -> None:
    logits = torch.randn(1, SIZE, generator=torch.Generator().manual_seed(seed)) * spread
    rules = TranscriptRules(
        suppressed=RULES.suppressed,
        suppressed_first=RULES.suppressed_first,
        end=END,
        first_timestamp=FIRST if timestamps else None,
        latest_first=RULES.latest_first if latest else None,
    )
    params = SamplingParams(max_tokens=20, temperature=0.0, constraint=rules)
    sequence = constrained(Request(id="", prompt=PROMPT, generated=tuple(tokens), params=params))
    expected = theirs(tokens, logits, timestamps=timestamps, latest=latest)
    assert torch.equal(apply_constraints(logits, [sequence]), expected)


def test_rows_do_not_depend_on_each_other() -> None:
    params = SamplingParams(max_tokens=20, constraint=RULES)
    lists = [(), (9,), (9, 3, 4), (9, 3, 11), (9, 3, 11, 11, 4)]
    sequences = [constrained(Request(id="", prompt=PROMPT, generated=tokens, params=params)) for tokens in lists]
    logits = torch.randn(len(lists), SIZE, generator=torch.Generator().manual_seed(5))
    together = apply_constraints(logits, sequences)
    for row, sequence in enumerate(sequences):
        assert torch.equal(apply_constraints(logits[row : row + 1], [sequence]), together[row : row + 1])


@pytest.mark.parametrize("rules", [RULES, TranscriptRules()])
def test_rules_cross_to_the_engine(rules: TranscriptRules) -> None:
    request = Request(id="a", prompt=PROMPT, params=SamplingParams(max_tokens=1, constraint=rules))
    command = decode_command(encode(Submit([request])))
    assert command == Submit([request])
