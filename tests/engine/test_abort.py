"""Who is given up is gone before the next step, whatever state it is in, and the others do not notice."""

from collections.abc import Callable

import pytest

from service.engine.engine import Engine
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.step import ChunkOutput, Step
from tests.engine.toy_model import Cache, expected, toy_engine


class Watched(Cache):
    """Knows who was computed in the last step."""

    def __init__(self) -> None:
        super().__init__()
        self.computed: dict[str, int] = {}

    def run(self, step: Step) -> list[ChunkOutput]:
        self.computed = {chunk.sequence.id: chunk.num_tokens for chunk in step.chunks}
        return super().run(step)


def request(name: str, prompt: tuple[int, ...], arrival: float, max_tokens: int = 30) -> Request:
    return Request(id=name, prompt=prompt, params=SamplingParams(max_tokens=max_tokens), arrival=arrival)


STATES: dict[str, tuple[Request, Callable[[dict[str, int]], bool]]] = {
    "queued": (request("x", (1,) * 90, 9.0), lambda computed: "x" not in computed),
    "in its prompt": (request("x", (1,) * 60, 0.0), lambda computed: computed.get("x", 0) > 1),
    "decoding": (request("x", (1, 1), 0.0), lambda computed: computed.get("x") == 1),
}


@pytest.mark.parametrize("state", STATES)
def test_who_is_given_up_is_gone_before_the_next_step(state: str) -> None:
    given_up, is_reached = STATES[state]
    runner = Watched()
    engine = toy_engine(runner, blocks=60)
    other = request("other", (2, 1, 2), 1.0)
    tokens = start(engine, given_up, other)
    while not is_reached(runner.computed):
        tokens += told(engine, "other")
    assert engine.abort("x")
    assert not engine.abort("x")
    held = engine.blocks_used
    assert held <= (3 + len(tokens)) // 2 + 1  # those of the other one
    while engine.has_work:
        output = engine.step().outputs
        assert "x" not in runner.computed
        assert {each.request_id for each in output} <= {"other"}
        tokens += [each.token for each in output if each.token is not None]
    assert tokens == expected(other)
    assert engine.blocks_used == 0


def test_who_waits_since_it_was_preempted_can_be_given_up() -> None:
    runner = Watched()
    engine = toy_engine(runner, blocks=20, seqs=2)
    first, second = request("other", (2, 1, 2), 1.0), request("x", (1, 2, 2), 2.0)
    tokens = start(engine, first, second)
    preempted = 0
    while not preempted:
        output = engine.step()
        preempted = output.stats.num_preempted
        tokens += [each.token for each in output.outputs if each.request_id == "other" and each.token is not None]
    assert engine.abort("x")
    while engine.has_work:
        tokens += told(engine, "other")
        assert "x" not in runner.computed
    assert tokens == expected(first)
    assert engine.blocks_used == 0


def start(engine: Engine, *requests: Request) -> list[int]:
    for each in requests:
        engine.add(each)
    return told(engine, "other")


def told(engine: Engine, name: str) -> list[int]:
    """The tokens of ``name`` in one more step."""
    return [each.token for each in engine.step().outputs if each.request_id == name and each.token is not None]
