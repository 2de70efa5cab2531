"""The parameters and the results of beam searches between the processes."""

import pytest

from service.engine.protocol.beam_params import BeamParams, EarlyStopping
from service.engine.protocol.messages import decode_command, decode_event
from service.engine.protocol.outputs import FinishReason, Hypothesis, StepOutput, StepStats, TokenOutput
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.processes.messages import Submit, encode


@pytest.mark.parametrize("early", [False, True, "never"])
def test_a_search_is_sent_whole(early: EarlyStopping) -> None:
    beams = BeamParams(num_beams=4, length_penalty=-0.5, early_stopping=early, num_return=2)
    request = Request(id="a", prompt=(1,), params=SamplingParams(max_tokens=3, beams=beams, no_repeat_ngram_size=2))
    command = decode_command(encode(Submit([request])))
    assert isinstance(command, Submit)
    assert command.requests == [request]


def test_hypotheses_are_sent_whole() -> None:
    output = TokenOutput("a", 7, finish=FinishReason.STOP, hypotheses=(Hypothesis((5, 7), -0.25), Hypothesis((), -1.0)))
    stats = StepStats(**dict.fromkeys(StepStats.__struct_fields__, 1))
    event = decode_event(encode(StepOutput([output], stats)))
    assert isinstance(event, StepOutput)
    assert event.outputs == [output]


def test_the_most_blocks_are_those_of_a_prompt_and_of_all_outputs() -> None:
    assert BeamParams(num_beams=1).most_blocks(9, 4, 4) == 4
    assert BeamParams(num_beams=3).most_blocks(9, 4, 4) == 2 + 3 * 2
    assert BeamParams(num_beams=3).most_blocks(8, 1, 4) == 2 + 3
