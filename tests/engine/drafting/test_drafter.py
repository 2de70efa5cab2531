"""When the draft model guesses: where it pays, and in trials; and what happens where it cannot."""

import random

import msgspec
import pytest

from service.engine.drafting.draft_budget import DraftBudget
from service.engine.protocol.outputs import TokenOutput
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.block_pool import BlockPool
from service.engine.scheduling.scheduler import Scheduler
from service.engine.scheduling.speculator import Speculator
from service.engine.scheduling.step import Step
from service.engine.scheduling.step_cost_model import StepCostModel
from service.errors import DeviceLost
from tests.engine.drafting.toy_draft_model import Costs, ToyDraftModel, make_speculator
from tests.engine.toy_model import BLOCK_SIZE, ToyRunner, expected_tokens


def make(speculator: Speculator, *, blocks: int = 400, seqs: int = 4, budget: int = 64) -> Scheduler:
    return Scheduler(
        BlockPool(blocks, BLOCK_SIZE),
        max_num_seqs=seqs,
        max_batch_tokens=budget,
        prefill_chunk=8,
        max_model_len=400,
        ageing_seconds=10.0,
        speculator=speculator,
        clock=lambda: 0.0,
    )


def request(name: str, *prompt: int, tokens: int = 60, **fields: object) -> Request:
    return msgspec.structs.replace(Request(id=name, prompt=prompt, params=SamplingParams(max_tokens=tokens)), **fields)


def drain(scheduler: Scheduler, runner: ToyRunner) -> tuple[dict[str, list[TokenOutput]], list[Step]]:
    outputs: dict[str, list[TokenOutput]] = {}
    steps: list[Step] = []
    while scheduler.num_running or scheduler.num_waiting:
        steps.append(scheduler.schedule())
        for output in scheduler.commit(steps[-1], runner.run(steps[-1])):
            outputs.setdefault(output.request_id, []).append(output)
        assert len(steps) < 5000
    assert scheduler.pool.num_used == 0
    return outputs, steps


def run(model: ToyDraftModel, *requests: Request, costs: Costs | None = None, **sizes: int) -> list[Step]:
    """The steps of these requests, whose outputs must be right."""
    scheduler = make(make_speculator(model, costs), **sizes)
    for each in requests:
        scheduler.add(each)
    outputs, steps = drain(scheduler, ToyRunner())
    for each in requests:
        assert [output.token for output in outputs[each.id]] == expected_tokens(each)
    return steps


def test_right_guesses_of_a_fast_draft_model_save_steps() -> None:
    model = ToyDraftModel(seconds=0.1)
    steps = run(model, request("a", 1, 2, 3))
    assert len(steps) < 25
    assert sum(step.draft_cost.num_guesses for step in steps) == model.num_guesses > 40
    assert sum(step.draft_cost.seconds for step in steps) == pytest.approx(0.1 * len(model.steps))


def test_a_slow_draft_model_has_its_trials_and_no_more() -> None:
    model = ToyDraftModel(seconds=5.0)
    steps = run(model, *(request(name, number, 1, tokens=90) for number, name in enumerate("abcd")))
    assert 0 < len(model.steps) < 30
    assert not any(step.draft_cost.seconds for step in steps[10:])


def test_a_draft_model_that_is_always_wrong_has_its_trials_and_no_more() -> None:
    model = ToyDraftModel(wrong=1, seconds=0.2)
    steps = run(model, request("a", 1, 2, 3, tokens=200))
    assert 0 < len(model.steps) < 60
    assert not any(step.draft_cost.seconds for step in steps[80:])


def test_guesses_that_are_free_for_one_stream_do_not_pay_for_a_busy_processor() -> None:
    """Each sequence costs a step its full time, in the draft model too."""
    costs = Costs(base=0.0, per_decode=1.0)
    costs._cost = costs._cost._replace(per_proposed=1.0)
    model = ToyDraftModel(seconds=0.4)
    steps = run(model, *(request(name, number, 1, tokens=90) for number, name in enumerate("abcd")), costs=costs)
    assert not any(step.draft_cost.seconds for step in steps[40:])


def test_a_guess_in_a_crowded_step_has_the_price_of_crowded_steps() -> None:
    costs = Costs()
    costs._cost = costs._cost._replace(per_crowded=1.0)
    budget = DraftBudget(costs, StepCostModel())
    alone, crowded = budget.prices(1, 1), budget.prices(16, 16)
    assert alone is not None
    assert crowded is not None
    assert (alone.proposed, crowded.proposed) == (pytest.approx(0.01), pytest.approx(1.01))


def test_a_prediction_comes_first_where_it_is_right() -> None:
    new = request("a", 1, 2, 3)
    predicted = msgspec.structs.replace(new, prediction=tuple(expected_tokens(new)))
    model = ToyDraftModel(seconds=0.3)
    with_prediction = run(model, predicted)
    assert sum(step.draft_cost.num_guesses for step in with_prediction) < 25  # the trials
    assert len(with_prediction) < 20


@pytest.mark.parametrize("wrong", [0, 2, 3, 7])
@pytest.mark.parametrize("blocks", [16, 400])
def test_slots_of_the_draft_model_hold_the_right_tokens(wrong: int, blocks: int) -> None:
    """Many sequences with shared beginnings, preempted ones among them. The toy model checks each read."""
    generator = random.Random(wrong)
    beginnings = [tuple(generator.choices(range(5), k=9)) for _ in range(2)]
    requests = [
        request(f"{number}", *beginnings[number % 2], *generator.choices(range(5), k=number % 4), tokens=12)
        for number in range(24)
    ]
    model = ToyDraftModel(wrong=wrong, seconds=0.01)
    steps = run(model, *requests, blocks=blocks)
    assert model.num_guesses > 50
    assert (sum(step.num_preempted for step in steps) > 0) == (blocks == 16)
    assert sum(step.num_accepted for step in steps) > 10


def test_prompts_that_were_computed_are_not_computed_again() -> None:
    model = ToyDraftModel(seconds=0.01)
    scheduler, runner = make(make_speculator(model)), ToyRunner()
    prompt = tuple(number % 5 for number in range(40))
    counts = []
    for name in "ab":
        before = sum(step.num_tokens for step in model.steps)
        scheduler.add(request(name, *prompt, int(name == "b"), tokens=20))
        drain(scheduler, runner)
        counts.append(sum(step.num_tokens for step in model.steps) - before)
    assert counts[1] < counts[0] - 30


def test_a_failing_draft_model_ends_no_request_and_rests() -> None:
    model = ToyDraftModel(error=RuntimeError("a fault"))
    run(model, request("a", 1, 2, 3), request("b", 3, 2, 1))
    assert len(model.steps) == 1


def test_a_lost_device_is_reported() -> None:
    with pytest.raises(DeviceLost):
        run(ToyDraftModel(error=DeviceLost("gone")), request("a", 1, 2, 3))


def test_a_sequence_that_the_draft_model_cannot_compute_has_no_more_guesses() -> None:
    model = ToyDraftModel()
    guess = model.draft

    def without(step: Step) -> list[object]:
        guesses = guess(step)
        return [None if chunk.sequence.id == "a" else each for chunk, each in zip(step.chunks, guesses, strict=True)]

    model.draft = without  # type: ignore[assignment,method-assign]
    run(model, request("a", 1, 2, 3), request("b", 3, 2, 1))
    assert sum(chunk.sequence.id == "a" for step in model.steps for chunk in step.chunks) == 1
    assert model.num_guesses > 30


def test_guesses_end_with_the_context_and_the_tokens_of_the_draft_model() -> None:
    model = ToyDraftModel(seconds=0.01)
    model.max_model_len = 30
    run(model, request("a", 1, 2, 3))
    assert 10 < max(chunk.start + chunk.num_tokens for step in model.steps for chunk in step.chunks) <= 30
    small = ToyDraftModel(seconds=0.01)
    small.vocab_size = 4
    run(small, request("a", 4, 2, 3), request("b", 1, 4))
    assert not small.steps


def test_no_guess_comes_behind_a_stop_token() -> None:
    new = request("a", 1, 2, 3)
    stop = expected_tokens(new)[9]
    stopping = msgspec.structs.replace(new, params=SamplingParams(max_tokens=60, stop_token_ids=(stop,)))
    model = ToyDraftModel(seconds=0.01)
    run(model, stopping)
    drafted = [chunk.sequence.tokens for step in model.steps for chunk in step.chunks]
    assert not any(stop in tokens[3:] for tokens in drafted)


def test_long_prompts_are_computed_in_chunks() -> None:
    model = ToyDraftModel(seconds=0.01)
    speculator = make_speculator(model, chunk=7)
    scheduler = make(speculator)
    scheduler.add(request("a", *(number % 5 for number in range(50)), tokens=40))
    drain(scheduler, ToyRunner())
    assert max(step.num_tokens for step in model.steps) == 7
    assert model.num_guesses > 10
