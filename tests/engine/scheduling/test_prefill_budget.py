"""Prompts beside streams: steps keep to the target once their cost is learned, and prompts always make progress."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.block_pool import BlockPool
from service.engine.scheduling.prefill_budget import MAX_SLOWDOWN, MIN_TOKENS, PrefillBudget
from service.engine.scheduling.scheduler import Scheduler
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk, ChunkOutput, Step


class Machine:
    """A machine whose steps take time by a formula that the budget does not know; ``noise`` is a share of the time."""

    def __init__(self, base: float, row: float, token: float, pair: float, noise: float = 0.0) -> None:
        self.base, self.row, self.token, self.pair, self.noise = base, row, token, pair, noise
        self._random = random.Random(1)

    def seconds(self, step: Step) -> float:
        spent = self.base
        for chunk in step.chunks:
            if chunk.num_tokens == 1:
                spent += self.row
            else:
                spent += chunk.num_tokens * (self.token + self.pair * (chunk.start + chunk.num_tokens / 2))
        return spent * self._random.uniform(1 - self.noise, 1 + self.noise)


LAPTOP = Machine(base=0.03, row=0.002, token=0.002, pair=2e-7, noise=0.05)


def prompt_tokens(step: Step) -> int:
    return sum(chunk.num_tokens for chunk in step.chunks if chunk.num_tokens > 1)


def make_scheduler(prefill_budget: PrefillBudget) -> Scheduler:
    return Scheduler(
        BlockPool(4000, 16),
        max_num_seqs=64,
        max_batch_tokens=512,
        prefill_chunk=256,
        max_model_len=8192,
        ageing_seconds=10.0,
        prefill_budget=prefill_budget,
    )


def run_under_long_prompts(
    machine: Machine, target: float, *, num_streams: int = 8, steps: int = 300
) -> list[tuple[int, float]]:
    """Let ``num_streams`` sequences decode while long prompts keep coming.

    Returns the prompt tokens and the seconds of each step.
    """
    prefill_budget = PrefillBudget(target)
    scheduler = make_scheduler(prefill_budget)
    for number in range(num_streams):
        scheduler.add(Request(id=str(number), prompt=(number,), params=SamplingParams(max_tokens=4000)))
    found = []
    for number in range(steps):
        if scheduler.num_running + scheduler.num_waiting < num_streams + 2:
            params = SamplingParams(max_tokens=1)
            prompt = tuple(random.Random(number).choices(range(9), k=2000))
            scheduler.add(Request(id=f"long {number}", prompt=prompt, params=params, arrival=1.0))
        step = scheduler.schedule()
        seconds = machine.seconds(step)
        scheduler.commit(step, [ChunkOutput(token=1 if chunk.samples else None) for chunk in step.chunks])
        prefill_budget.record_step_time(step, seconds)
        if number:  # from the second step on, all streams decode
            assert sum(chunk.num_tokens == 1 for chunk in step.chunks) >= num_streams
            found.append((prompt_tokens(step), seconds))
    return found


def test_steps_keep_to_the_target_while_long_prompts_come() -> None:
    limited, unlimited = (run_under_long_prompts(LAPTOP, target)[20:] for target in (0.2, 0.0))
    assert max(seconds for _, seconds in unlimited) > 0.6
    assert max(seconds for _, seconds in limited) < 0.2 * 1.1
    mean = sum(tokens for tokens, _ in limited) / len(limited)
    assert mean > 50  # there is time for about 67


@settings(max_examples=40)
@given(
    base=st.floats(0, 0.3),
    row=st.floats(0, 0.02),
    token=st.floats(1e-6, 0.02),
    pair=st.floats(0, 1e-5),
    target=st.floats(0.01, 1.0),
)
def test_on_any_machine_steps_keep_to_the_bound_or_compute_the_minimum(
    base: float, row: float, token: float, pair: float, target: float
) -> None:
    bound = max(target, MAX_SLOWDOWN * (base + 8 * row))
    for tokens, seconds in run_under_long_prompts(Machine(base, row, token, pair), target, steps=80)[30:]:
        assert tokens <= MIN_TOKENS or seconds <= bound * 1.05


def test_prompts_make_progress_even_if_the_target_cannot_be_met() -> None:
    slow = Machine(base=1.0, row=0.0, token=0.1, pair=0.0)
    tokens = [tokens for tokens, _ in run_under_long_prompts(slow, 0.001)]
    assert max(tokens) == MIN_TOKENS
    assert sum(tokens) > 0.9 * MIN_TOKENS * len(tokens)


def test_if_decodes_alone_exceed_the_target_prompts_may_take_twice_as_long_as_the_decodes() -> None:
    prefill_budget = PrefillBudget(0.2)
    sequences = [Sequence(Request(id=str(n), prompt=(n,), params=SamplingParams(max_tokens=9))) for n in range(9)]
    decodes = [Chunk(sequence, 0, 1) for sequence in sequences[:8]]
    for tokens in (0, 0, 0, 100, 200, 200):
        prefill_budget.record_step_time(
            Step([*decodes, *([Chunk(sequences[8], 0, tokens)] if tokens else [])]), 1.0 + 0.01 * tokens
        )
    assert 150 < prefill_budget.max_tokens(8, 0) < 200


def test_a_short_prompt_comes_before_a_long_one() -> None:
    prefill_budget = PrefillBudget(0.2)
    scheduler = make_scheduler(prefill_budget)
    scheduler.add(Request(id="stream", prompt=(1,), params=SamplingParams(max_tokens=900)))
    scheduler.add(Request(id="long", prompt=tuple(range(4000)), params=SamplingParams(max_tokens=1), arrival=1.0))
    steps: list[dict[str, int]] = []
    for number in range(40):
        if number == 30:
            params = SamplingParams(max_tokens=1)
            scheduler.add(Request(id="short", prompt=(7,) * 20, params=params, arrival=2.0))
        step = scheduler.schedule()
        scheduler.commit(step, [ChunkOutput(token=1 if chunk.samples else None) for chunk in step.chunks])
        scheduler.record_step_time(step, LAPTOP.seconds(step))
        steps.append({chunk.sequence.id: chunk.num_tokens for chunk in step.chunks})
    alone, shared = steps[29]["long"], steps[30]
    assert alone > 50
    assert shared["short"] == 20
    assert shared["long"] == pytest.approx(alone - 20, abs=2)


def test_without_decodes_or_without_a_target_there_is_no_limit() -> None:
    assert PrefillBudget(0.2).max_tokens(0, 0) == math.inf
    assert PrefillBudget(0.0).max_tokens(8, 0) == math.inf
    assert PrefillBudget(0.2).max_tokens(8, 0) == MIN_TOKENS  # no step was recorded yet


def test_the_cost_of_prompts_is_remembered_through_a_long_time_without_prompts() -> None:
    prefill_budget = PrefillBudget(0.2)
    scheduler = make_scheduler(prefill_budget)
    allowed = []
    for steps in (40, 2000):
        scheduler.add(Request(id=f"{steps}", prompt=tuple(range(800)), params=SamplingParams(max_tokens=steps)))
        for _ in range(steps - 1):
            step = scheduler.schedule()
            scheduler.commit(step, [ChunkOutput(token=1 if chunk.samples else None) for chunk in step.chunks])
            prefill_budget.record_step_time(step, LAPTOP.seconds(step))
        allowed.append(prefill_budget.max_tokens(1, 0))
    assert allowed[1] == pytest.approx(allowed[0], rel=0.2)
