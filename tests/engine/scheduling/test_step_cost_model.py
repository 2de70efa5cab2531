"""The step-cost model finds the coefficients of a machine whose steps take time by its own formula."""

import random

import pytest

from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk, Step
from service.engine.scheduling.step_cost_model import StepCost, StepCostModel

SEQUENCE = Sequence(Request(id="", prompt=(0,), params=SamplingParams(max_tokens=1)))
MACHINE = StepCost(base=0.02, per_decode=0.001, per_token=0.002, per_pair=1e-6)


def make_step(num_decodes: int, *prompts: tuple[int, int]) -> Step:
    """A step of ``num_decodes`` decodes and of prompt chunks (start, number of tokens)."""
    decodes = [Chunk(SEQUENCE, 50, 1) for _ in range(num_decodes)]
    return Step(decodes + [Chunk(SEQUENCE, start, count) for start, count in prompts])


def seconds(cost: StepCost, step: Step) -> float:
    prompts = [chunk for chunk in step.chunks if chunk.num_tokens > 1]
    tokens = sum(chunk.num_tokens for chunk in prompts)
    pairs = sum(chunk.num_tokens * (chunk.start + chunk.num_tokens / 2) for chunk in prompts)
    num_decodes = len(step.chunks) - len(prompts)
    return cost.base + cost.per_decode * num_decodes + cost.per_token * tokens + cost.per_pair * pairs


def trained(machine: StepCost, *, steps: int = 200) -> StepCostModel:
    generator = random.Random(0)
    model = StepCostModel()
    for _ in range(steps):
        prompts = [(generator.randrange(4000), generator.randrange(2, 300))] * generator.randrange(3)
        step = make_step(generator.randrange(40), *prompts)
        model.record(step, seconds(machine, step))
    return model


def test_the_coefficients_of_the_machine_are_found() -> None:
    assert trained(MACHINE).cost() == pytest.approx(MACHINE, rel=0.02)


def test_steps_without_prompts_are_also_fitted_alone() -> None:
    cost = trained(MACHINE).cost_without_prompts()
    assert cost == pytest.approx(StepCost(MACHINE.base, MACHINE.per_decode, 0.0, 0.0), rel=0.02)


def test_no_coefficient_is_negative() -> None:
    """On this machine decodes make a step shorter, which no later estimate may rely on."""
    cost = trained(StepCost(base=0.1, per_decode=-0.002, per_token=0.002, per_pair=0.0)).cost()
    assert min(cost) >= 0
    assert cost.per_decode == 0


def test_later_steps_count_more() -> None:
    model = trained(MACHINE)
    slower = StepCost(*(2 * value for value in MACHINE))
    generator = random.Random(1)
    for _ in range(400):
        step = make_step(generator.randrange(40), (generator.randrange(4000), generator.randrange(2, 300)))
        model.record(step, seconds(slower, step))
    assert model.cost().per_token == pytest.approx(slower.per_token, rel=0.05)


def test_steps_without_prompts_do_not_make_the_cost_of_prompts_forgotten() -> None:
    model = trained(MACHINE)
    for number in range(2000):
        step = make_step(1 + number % 8)
        model.record(step, seconds(MACHINE, step))
    assert model.cost().per_token == pytest.approx(MACHINE.per_token, rel=0.05)


def test_the_largest_step_is_remembered() -> None:
    model = StepCostModel()
    assert model.most_prompt_tokens == 0
    for prompts in ([(0, 30), (0, 20)], [(0, 7)], []):
        model.record(make_step(1, *prompts), 0.1)
    assert model.most_prompt_tokens == 50


def test_steps_with_forced_tokens_teach_nothing() -> None:
    """Short runs of many streams cost more for each token than a prompt does."""
    model, expected = trained(MACHINE), trained(MACHINE)
    for _ in range(100):
        model.record(Step([Chunk(SEQUENCE, 50, 3)] * 16, num_forced=32), 1.0)
    assert model.cost() == expected.cost()
    assert model.cost_without_prompts() == expected.cost_without_prompts()
