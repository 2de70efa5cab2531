"""Failed steps: only a sequence that causes a failure fails. Short memory makes steps smaller; results stay equal."""

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


class FaultyRunner(ToyRunner):
    """Fails after it has written, as a real runner may. ``fault`` returns the error that a step raises, or None."""

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


def memory_for(max_tokens: int) -> Callable[[Step], Exception | None]:
    return lambda step: OutOfMemory(f"{step.num_tokens}") if step.num_tokens > max_tokens else None


def fails_with(*names: str) -> Callable[[Step], Exception | None]:
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


def assert_complete(outputs: list[TokenOutput], request: Request) -> None:
    assert [output.token for output in outputs] == expected_tokens(request)
    assert outputs[-1].finish is FinishReason.LENGTH


def test_only_the_sequences_that_cause_failures_fail() -> None:
    requests = [request(name, (number, 1, 2)) for number, name in enumerate("abcdef")]
    engine = toy_engine(FaultyRunner(fails_with("c", "f")), seqs=8, budget=64)
    for each in requests:
        engine.add(each)
    outputs = drain(engine)
    for each in requests:
        if each.id in "cf":
            assert [(output.finish, output.error) for output in outputs[each.id]] == [(FinishReason.ERROR, STEP_FAILED)]
        else:
            assert_complete(outputs[each.id], each)


def test_a_long_chunk_is_halved_until_memory_suffices() -> None:
    runner = FaultyRunner(memory_for(3))
    engine = toy_engine(runner)
    long = request("long", tuple(range(40)))
    engine.add(long)
    assert_complete(drain(engine)["long"], long)
    assert runner.sizes[:3] == [8, 4, 2]  # and from then on larger parts are not tried
    assert set(runner.sizes[3:]) <= {1, 2}


def test_parts_grow_again_after_steps_without_a_failure() -> None:
    faults = [OutOfMemory("once")]
    runner = FaultyRunner(lambda step: faults.pop() if faults else None)
    engine = toy_engine(runner, blocks=600, chunk=16)
    engine.add(request("long", tuple(n % 3 for n in range(1000))))
    drain(engine)
    assert runner.sizes[:2] == [16, 8]
    assert runner.sizes.count(16) > 1


def test_a_sequence_without_memory_for_one_token_is_tried_again_and_then_fails_alone() -> None:
    missing: dict[str, int] = {"short": 2, "for ever": 1000}

    def fault(step: Step) -> Exception | None:
        for chunk in step.chunks:
            name = chunk.sequence.id
            if missing.get(name):
                missing[name] -= len(step.chunks) == chunk.num_tokens == 1
                return OutOfMemory(name)
        return None

    engine = toy_engine(FaultyRunner(fault))
    requests = {name: request(name, (3, number)) for number, name in enumerate(("fine", "short", "for ever"))}
    for each in requests.values():
        engine.add(each)
    outputs = drain(engine)
    assert_complete(outputs["fine"], requests["fine"])
    assert_complete(outputs["short"], requests["short"])
    assert [(output.finish, output.error) for output in outputs["for ever"]] == [(FinishReason.ERROR, NO_MEMORY)]


def test_a_step_on_a_lost_device_is_not_repeated() -> None:
    runner = FaultyRunner(lambda step: DeviceLost("an illegal access"))
    engine = toy_engine(runner)
    for name in "abc":
        engine.add(request(name, (1, 2)))
    with pytest.raises(DeviceLost):
        engine.step()
    assert len(runner.sizes) == 1


def test_the_search_for_one_of_many_computes_each_of_the_others_a_few_times_at_most() -> None:
    runner = FaultyRunner(fails_with("17"))
    engine = toy_engine(runner, blocks=256, seqs=64, budget=64, chunk=1)
    for number in range(64):
        engine.add(request(str(number), (number,)))
    engine.step()
    assert sum(runner.sizes) < 4 * 64


@settings(max_examples=60)
@given(data=st.data())
def test_failures_do_not_change_the_results_of_other_sequences(data: st.DataObject) -> None:
    """Few blocks, so that sequences are preempted, and memory that changes but always suffices for one token."""
    prompts = data.draw(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=12), min_size=1, max_size=8))
    requests = [request(str(n), tuple(prompt), data.draw(st.integers(0, 8))) for n, prompt in enumerate(prompts)]
    bad = data.draw(st.sets(st.sampled_from([each.id for each in requests]), max_size=2))
    memory = data.draw(st.lists(st.integers(1, 20), min_size=1, max_size=12))

    def fault(step: Step) -> Exception | None:
        memory.append(memory.pop(0))
        return memory_for(memory[-1])(step) or fails_with(*bad)(step)

    engine = toy_engine(
        FaultyRunner(fault), blocks=data.draw(st.integers(10, 24)), budget=data.draw(st.integers(1, 16))
    )
    for each in requests:
        engine.add(each)
    outputs = drain(engine)
    for each in requests:
        tokens = [output.token for output in outputs[each.id] if output.token is not None]
        if each.id in bad:
            assert (tokens, outputs[each.id][-1].error) == ([], STEP_FAILED)
        else:
            assert (tokens, outputs[each.id][-1].finish) == (expected_tokens(each), FinishReason.LENGTH)


def test_a_step_without_a_failure_is_computed_in_one_part() -> None:
    seen: list[Step] = []

    class RecordingRunner(ToyRunner):
        def run(self, step: Step) -> list[ChunkOutput]:
            seen.append(step)
            return super().run(step)

    assert Recovery(RecordingRunner()).run(Step()) == []
    assert [step.chunks for step in seen] == [[]]
