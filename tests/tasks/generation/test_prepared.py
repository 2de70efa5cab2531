"""Prepared completions: their cost is known before anything is submitted."""

from service.engine.protocol.sampling_params import SamplingParams
from service.tasks.generation.cost import Cost
from service.tasks.generation.generator import Generator
from service.tasks.generation.options import Options
from service.tasks.generation.prepared import PreparedCompletion
from service.tasks.generation.request import GenerationRequest
from tests.fakes.engine import ScriptedEngine


async def test_the_cost_is_known_before_the_start() -> None:
    engine = ScriptedEngine()
    generator = Generator(engine.client, engine.tokenizer)
    requests = [
        GenerationRequest(prompt=(1, 2, 3), options=Options(params=SamplingParams(max_tokens=10), n=2)),
        GenerationRequest(prompt=(4,), options=Options(params=SamplingParams(max_tokens=5))),
    ]
    prepared = PreparedCompletion(generator, requests, "gen-1")
    assert prepared.cost == Cost(sequences=3, tokens=2 * 13 + 6)
    assert not engine.requests

    with await prepared.start() as completion:
        assert completion.id == "gen-1"
        assert completion.prompts == [(1, 2, 3), (4,)]
        assert [request.id for request in engine.requests] == ["gen-1-0-0", "gen-1-0-1", "gen-1-1-0"]
    assert engine.streams[0].closed
