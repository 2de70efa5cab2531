"""Guesses are computed where they make more tokens per second, and nowhere else."""

import random

import pytest

from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.proposal_budget import ProposalBudget
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk, Step
from service.engine.scheduling.step_cost_model import StepCost, StepCostModel

SEQUENCE = Sequence(Request(id="", prompt=(0,), params=SamplingParams(max_tokens=1)))
ROOMY = StepCost(base=0.03, per_decode=0.003, per_token=0, per_pair=0, speculating=0.01, per_proposed=0.003)
FLAT = StepCost(
    base=0.06, per_decode=0.001, per_token=0, per_pair=0, speculating=0.0, per_proposed=0.001, per_crowded=0.008
)  # fmt: skip
BUSY = StepCost(base=0.0, per_decode=0.01, per_token=0, per_pair=0, speculating=0.0, per_proposed=0.01)


def make_step(num_decodes: int, num_proposed: int) -> Step:
    chunks = [Chunk(SEQUENCE, 50, 1) for _ in range(num_decodes)]
    if num_proposed:
        chunks[0] = Chunk(SEQUENCE, 50, 1 + num_proposed, (0,) * num_proposed)
    return Step(chunks)


def seconds(cost: StepCost, num_decodes: int, num_proposed: int) -> float:
    fixed = cost.speculating if num_proposed else 0.0
    crowded = num_proposed if num_decodes >= 6 else max(0, num_decodes + num_proposed - 6)
    proposed = cost.per_proposed * num_proposed + cost.per_crowded * crowded
    return cost.base + cost.per_decode * num_decodes + fixed + proposed


def trained(machine: StepCost) -> StepCostModel:
    model, generator = StepCostModel(), random.Random(0)
    for _ in range(200):
        size = generator.randint(1, 20), generator.choice((0, generator.randint(1, 31)))
        model.record(make_step(*size), seconds(machine, *size))
    return model


@pytest.mark.parametrize("machine", [ROOMY, FLAT])
def test_the_cost_of_guesses_is_learned(machine: StepCost) -> None:
    assert trained(machine).cost_without_prompts() == pytest.approx(machine, rel=0.02, abs=1e-5)


@pytest.mark.parametrize("machine", [ROOMY, FLAT, BUSY])
@pytest.mark.parametrize("num_decodes", [1, 4, 16])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.9, 0.99])
def test_the_number_of_guesses_makes_the_most_tokens_per_second(
    machine: StepCost, num_decodes: int, share: float
) -> None:
    def speed(counts: list[int]) -> float:
        right = sum(share**number for count in counts for number in range(1, count + 1))
        return (num_decodes + right) / seconds(machine, num_decodes, sum(counts))

    chances = [[share**number for number in range(1, 32)]] * num_decodes
    counts = ProposalBudget(trained(machine)).share_out(chances, num_decodes, 31)
    best = max(
        speed([total // num_decodes + (number < total % num_decodes) for number in range(num_decodes)])
        for total in range(32)
    )
    assert sum(counts) <= 31
    assert speed(counts) > 0.97 * best  # a small gain is not worth it


def test_unlikely_guesses_are_made_only_where_the_step_has_room() -> None:
    counts = ProposalBudget(trained(FLAT)).share_out([[0.3, 0.1, 0.06, 0.055, 0.052, 0.051, 0.05]], 1, 31)
    assert counts == [5]


def test_nothing_is_guessed_where_each_token_costs_a_step() -> None:
    budget = ProposalBudget(trained(BUSY))
    for _ in range(200):
        assert budget.share_out([[0.9, 0.8]] * 8, 8, 31) == [0] * 8
    counts = [sum(budget.share_out([[0.9, 0.8]] * 8, 8, 31)) for _ in range(200)]
    assert 0 < sum(count > 0 for count in counts) <= 2  # the cost is measured again now and then


def test_likelier_guesses_come_first() -> None:
    budget = ProposalBudget(trained(ROOMY))
    assert budget.share_out([[0.06], [0.9, 0.85, 0.8], []], 3, 2) == [0, 2, 0]


def test_nothing_is_guessed_before_a_step_was_measured() -> None:
    assert ProposalBudget(StepCostModel()).share_out([[1.0]], 1, 31) == [0]
