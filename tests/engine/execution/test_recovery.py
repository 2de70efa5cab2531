"""Steps that fail: who is to blame fails alone, memory that is short makes steps smaller, and nothing else changes."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.engine.engine import Engine
from service.engine.execution.recovery import NO_MEMORY, STEP_FAILED, Recovery
from service.engine.protocol.outputs import FinishReason, TokenOutput
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.step import ChunkOutput, Step
from service.errors import DeviceLost, OutOfMemory
from tests.engine.toy_model import ToyRunner, expected_tokens, toy_engine


class Faulty(ToyRunner):
    """Fails after it has written, as a real one may. ``fault`` gives what a step raises, if it does."""

    def __init__(self, fault: Callable[[Step], Exception | None]) -> None:
        super().__init__()
        self.fault = fault
        self.sizes: list[int] = []  # tokens of each attempt

    def run(self, step: Step) -> list[ChunkOutput]:
        outputs = super().run(step)
        self.sizes.append(step.num_tokens)
        if (error := self.fault(step)) is not None:
            raise error
        return outputs


def room_for(most: int) -> Callable[[Step], Exception | None]:
    return lambda step: OutOfMemory(f"{step.num_tokens}") if step.num_tokens > most else None


def guilty(*names: str) -> Callable[[Step], Exception | None]:
    return lambda step: ValueError() if {chunk.sequence.id for chunk in step.chunks} & set(names) else None


def request(name: str, prompt: tuple[int, ...], max_tokens: int = 4) -> Request:
    return Request(id=name, prompt=prompt, params=SamplingParams(max_tokens=max_tokens))


def drain(engine: Engine, steps: int = 2000) -> dict[str, list[TokenOutput]]:
    outputs: dict[str, list[TokenOutput]] = {}
    while engine.has_work:
        for output in engine.step().outputs:
            outputs.setdefault(output.request_id, []).append(output)
        steps -= 1
        assert steps, "no progress"
    assert engine.blocks_used == 0
    return outputs


def assert_whole(outputs: list[TokenOutput], request: Request) -> None:
    assert [output.token for output in outputs] == expected_tokens(request)
    assert outputs[-1].finish is FinishReason.LENGTH


def test_only_the_guilty_one_fails() -> None:
    requests = [request(name, (number, 1, 2)) for number, name in enumerate("abcdef")]
    engine = toy_engine(Faulty(guilty("c", "f")), seqs=8, budget=64)
    for each in requests:
        engine.add(each)
    outputs = drain(engine)
    for each in requests:
        if each.id in "cf":
            assert [(output.finish, output.error) for output in outputs[each.id]] == [(FinishReason.ERROR, STEP_FAILED)]
        else:
            assert_whole(outputs[each.id], each)


def test_a_long_chunk_is_halved_until_there_is_memory_and_nobody_fails() -> None:
    runner = Faulty(room_for(3))
    engine = toy_engine(runner)
    long = request("long", tuple(range(40)))
    engine.add(long)
    assert_whole(drain(engine)["long"], long)
    assert runner.sizes[:3] == [8, 4, 2]  # and from then on no more is tried at once
    assert set(runner.sizes[3:]) <= {1, 2}


def test_parts_grow_again_when_there_is_memory() -> None:
    faults = [OutOfMemory("once")]
    runner = Faulty(lambda step: faults.pop() if faults else None)
    engine = toy_engine(runner, blocks=600, chunk=16)
    engine.add(request("long", tuple(n % 3 for n in range(1000))))
    drain(engine)
    assert runner.sizes[:2] == [16, 8]
    assert runner.sizes.count(16) > 1


def test_who_finds_no_memory_for_one_token_is_tried_again_and_then_fails_alone() -> None:
    starving: dict[str, int] = {"short": 2, "for ever": 1000}

    def fault(step: Step) -> Exception | None:
        for chunk in step.chunks:
            name = chunk.sequence.id
            if starving.get(name):
                starving[name] -= len(step.chunks) == chunk.num_tokens == 1
                return OutOfMemory(name)
        return None

    engine = toy_engine(Faulty(fault))
    requests = {name: request(name, (3, number)) for number, name in enumerate(("fine", "short", "for ever"))}
    for each in requests.values():
        engine.add(each)
    outputs = drain(engine)
    assert_whole(outputs["fine"], requests["fine"])
    assert_whole(outputs["short"], requests["short"])
    assert [(output.finish, output.error) for output in outputs["for ever"]] == [(FinishReason.ERROR, NO_MEMORY)]


def test_a_lost_device_is_tried_once() -> None:
    runner = Faulty(lambda step: DeviceLost("an illegal access"))
    engine = toy_engine(runner)
    for name in "abc":
        engine.add(request(name, (1, 2)))
    with pytest.raises(DeviceLost):
        engine.step()
    assert len(runner.sizes) == 1


def test_finding_one_of_many_computes_each_of_the_others_a_few_times_at_most() -> None:
    runner = Faulty(guilty("17"))
    engine = toy_engine(runner, blocks=256, seqs=64, budget=64, chunk=1)
    for number in range(64):
        engine.add(request(str(number), (number,)))
    engine.step()
    assert sum(runner.sizes) < 4 * 64


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_fails_everybody_else_gets_what_is_due(data: st.DataObject) -> None:
    """Few blocks, so that there is preemption; memory that comes and goes, never under one token."""
    prompts = data.draw(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=12), min_size=1, max_size=8))
    requests = [request(str(n), tuple(prompt), data.draw(st.integers(0, 8))) for n, prompt in enumerate(prompts)]
    bad = data.draw(st.sets(st.sampled_from([each.id for each in requests]), max_size=2))
    rooms = data.draw(st.lists(st.integers(1, 20), min_size=1, max_size=12))

    def fault(step: Step) -> Exception | None:
        rooms.append(rooms.pop(0))
        return room_for(rooms[-1])(step) or guilty(*bad)(step)

    engine = toy_engine(Faulty(fault), blocks=data.draw(st.integers(10, 24)), budget=data.draw(st.integers(1, 16)))
    for each in requests:
        engine.add(each)
    outputs = drain(engine)
    for each in requests:
        tokens = [output.token for output in outputs[each.id] if output.token is not None]
        if each.id in bad:
            assert (tokens, outputs[each.id][-1].error) == ([], STEP_FAILED)
        else:
            assert (tokens, outputs[each.id][-1].finish) == (expected_tokens(each), FinishReason.LENGTH)


def test_an_undisturbed_step_is_computed_as_it_is() -> None:
    seen: list[Step] = []

    class Seeing(ToyRunner):
        def run(self, step: Step) -> list[ChunkOutput]:
            seen.append(step)
            return super().run(step)

    assert Recovery(Seeing()).run(Step()) == []
    assert [step.chunks for step in seen] == [[]]
