"""The cost of generation requests."""

from service.engine.protocol.beam_params import BeamParams
from service.engine.protocol.sampling_params import SamplingParams
from service.tasks.generation.cost import Cost
from service.tasks.generation.options import Options
from service.tasks.generation.request import GenerationRequest


def test_every_choice_costs_its_prompt_and_its_longest_output() -> None:
    requests = [
        GenerationRequest(prompt=(1, 2, 3), options=Options(params=SamplingParams(max_tokens=10), n=2)),
        GenerationRequest(prompt=(1,), options=Options(params=SamplingParams(max_tokens=0))),
    ]
    assert Cost.from_requests(requests) == Cost(sequences=3, tokens=2 * (3 + 10) + 1)


def test_every_beam_costs_as_a_choice() -> None:
    params = SamplingParams(max_tokens=10, beams=BeamParams(num_beams=5))
    request = GenerationRequest(prompt=(1, 2, 3), options=Options(params=params, n=2))
    assert Cost.from_requests([request]) == Cost(sequences=5, tokens=5 * (3 + 10))


def test_no_requests_cost_nothing() -> None:
    assert Cost.from_requests([]) == Cost(sequences=0, tokens=0)
