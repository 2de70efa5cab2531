"""An aborted request is gone before the next step, in whatever state it is, and other requests are not affected."""

from collections.abc import Callable

import pytest

from service.engine.engine import Engine
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.step import ChunkOutput, Step
from tests.engine.toy_model import ToyRunner, expected_tokens, toy_engine


class RecordingRunner(ToyRunner):
    """Keeps what the last step computed: request id -> number of tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.computed: dict[str, int] = {}

    def run(self, step: Step) -> list[ChunkOutput]:
        self.computed = {chunk.sequence.id: chunk.num_tokens for chunk in step.chunks}
        return super().run(step)


def make_request(name: str, prompt: tuple[int, ...], arrival: float, max_tokens: int = 30) -> Request:
    return Request(id=name, prompt=prompt, params=SamplingParams(max_tokens=max_tokens), arrival=arrival)


# State -> the request to abort, and whether a step's tokens show that it has reached the state.
STATES: dict[str, tuple[Request, Callable[[dict[str, int]], bool]]] = {
    "waiting": (make_request("x", (1,) * 90, 9.0), lambda computed: "x" not in computed),
    "in its prompt": (make_request("x", (1,) * 60, 0.0), lambda computed: computed.get("x", 0) > 1),
    "decoding": (make_request("x", (1, 1), 0.0), lambda computed: computed.get("x") == 1),
}


@pytest.mark.parametrize("state", STATES)
def test_an_aborted_request_is_gone_before_the_next_step(state: str) -> None:
    aborted, is_reached = STATES[state]
    runner = RecordingRunner()
    engine = toy_engine(runner, blocks=60)
    other = make_request("other", (2, 1, 2), 1.0)
    tokens = start(engine, aborted, other)
    while not is_reached(runner.computed):
        tokens += tokens_of_step(engine, "other")
    assert engine.abort("x")
    assert not engine.abort("x")
    assert engine.blocks_used <= (3 + len(tokens)) // 2 + 1, "only the other request may hold blocks"
    while engine.has_work:
        outputs = engine.step().outputs
        assert "x" not in runner.computed
        assert {output.request_id for output in outputs} <= {"other"}
        tokens += [output.token for output in outputs if output.token is not None]
    assert tokens == expected_tokens(other)
    assert engine.blocks_used == 0


def test_a_preempted_request_can_be_aborted() -> None:
    runner = RecordingRunner()
    engine = toy_engine(runner, blocks=20, seqs=2)
    first, second = make_request("other", (2, 1, 2), 1.0), make_request("x", (1, 2, 2), 2.0)
    tokens = start(engine, first, second)
    preempted = 0
    while not preempted:
        step = engine.step()
        preempted = step.stats.num_preempted
        tokens += [output.token for output in step.outputs if output.request_id == "other" and output.token is not None]
    assert engine.abort("x")
    while engine.has_work:
        tokens += tokens_of_step(engine, "other")
        assert "x" not in runner.computed
    assert tokens == expected_tokens(first)
    assert engine.blocks_used == 0


def start(engine: Engine, *requests: Request) -> list[int]:
    """Add the requests and compute a step. Returns the tokens of the request "other"."""
    for request in requests:
        engine.add(request)
    return tokens_of_step(engine, "other")


def tokens_of_step(engine: Engine, name: str) -> list[int]:
    """Compute a step. Returns the tokens of the request ``name``."""
    return [output.token for output in engine.step().outputs if output.request_id == name and output.token is not None]
