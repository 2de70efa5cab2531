"""The scheduler under any order of arrivals, aborts and steps: no block leaks, none is used twice, nothing starves."""

from collections import Counter

import msgspec
import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from numpy.typing import NDArray

from service.engine.protocol.beam_params import BeamParams, EarlyStopping
from service.engine.protocol.outputs import FinishReason, TokenOutput
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.block_pool import BlockPool, num_blocks_for
from service.engine.scheduling.scheduler import Scheduler
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.speculator import MeasuredSpeculator, Speculator
from service.engine.scheduling.step import Chunk, ChunkOutput, Step
from service.engine.scheduling.step_cost_model import StepCostModel
from service.errors import EngineError, RequestTooLarge
from tests.engine.guessing import Guessing
from tests.engine.toy_model import (
    BLOCK_SIZE,
    VOCAB_SIZE,
    NoRepetition,
    ToyRunner,
    continuation,
    expected_hypotheses,
    expected_tokens,
)


def make(
    *,
    blocks: int = 16,
    seqs: int = 4,
    budget: int = 8,
    chunk: int = 4,
    caching: bool = True,
    length: int = 64,
    source_length: int = 0,
    speculator: Speculator | None = None,
) -> Scheduler:
    pool = BlockPool(blocks, BLOCK_SIZE, prefix_caching=caching)
    return Scheduler(
        pool,
        max_num_seqs=seqs,
        max_batch_tokens=budget,
        prefill_chunk=chunk,
        max_model_len=length,
        max_source_len=source_length,
        ageing_seconds=10.0,
        speculator=speculator,
        clock=lambda: 0.0,
    )


def request(name: str, prompt: list[int], *, priority: int = 0, arrival: float = 0.0, **params: object) -> Request:
    options = SamplingParams(**{"max_tokens": 3, **params})  # type: ignore[arg-type]
    return Request(id=name, prompt=tuple(prompt), params=options, priority=priority, arrival=arrival)


def drain(scheduler: Scheduler, runner: ToyRunner | None = None) -> tuple[dict[str, list[TokenOutput]], list[Step]]:
    """Run until no sequence is left. Returns the outputs by request id, and the steps."""
    runner = runner or ToyRunner()
    outputs: dict[str, list[TokenOutput]] = {}
    steps = []
    while scheduler.num_running or scheduler.num_waiting:
        step = scheduler.schedule()
        assert step.chunks, "there is work, but the step is empty"
        steps.append(step)
        for output in scheduler.commit(step, runner.run(step)):
            outputs.setdefault(output.request_id, []).append(output)
        assert len(steps) < 2000
    assert scheduler.pool.num_used == 0
    return outputs, steps


class SchedulerMachine(RuleBasedStateMachine):
    """Random requests, aborts and steps, with a toy model that checks every read of its cache."""

    @initialize(
        blocks=st.integers(2, 14),
        seqs=st.integers(1, 5),
        budget=st.integers(1, 9),
        chunk=st.integers(1, 5),
        caching=st.booleans(),
        chance=st.sampled_from([None, 0.0, 0.7, 1.0]),
        has_encoder=st.booleans(),
    )
    def start(
        self, blocks: int, seqs: int, budget: int, chunk: int, caching: bool, chance: float | None, has_encoder: bool
    ) -> None:
        """``chance`` is that of a guess to be right; None: nothing is guessed."""
        guessing = None if chance is None else Guessing(continuation, chance=chance, vocab_size=VOCAB_SIZE)
        self.scheduler = make(
            blocks=blocks,
            seqs=seqs,
            budget=budget,
            chunk=chunk,
            caching=caching,
            speculator=guessing,
            source_length=9 if has_encoder else 0,
        )
        self.budget = budget
        self.runner = ToyRunner()
        self.alive: dict[str, tuple[Sequence, list[int]]] = {}
        self.count = 0

    @rule(
        prompt=st.lists(st.integers(0, 2), min_size=1, max_size=9),
        source=st.lists(st.integers(0, 1), min_size=1, max_size=9),
        max_tokens=st.integers(0, 8),
        stop=st.lists(st.integers(0, 4), max_size=1),
        priority=st.integers(-1, 1),
        salt=st.sampled_from(["", "a"]),
        tenant=st.sampled_from(["", "a", "b"]),
        scores=st.booleans(),
        num_beams=st.sampled_from([0, 0, 0, 1, 2, 3, 5]),
        early=st.booleans(),
        sent=st.integers(0, 3),
        constrained=st.booleans(),
    )
    def add(
        self,
        prompt: list[int],
        source: list[int],
        max_tokens: int,
        stop: list[int],
        priority: int,
        salt: str,
        tenant: str,
        scores: bool,
        num_beams: int,
        early: EarlyStopping,
        sent: int,
        constrained: bool,
    ) -> None:
        """``num_beams`` of 0 is no beam search. ``sent`` tokens of a search were sent by an earlier engine.

        Some searches have a constraint.
        """
        source = source if self.scheduler.max_source_len else []
        self.count += 1
        beams = BeamParams(num_beams=num_beams, early_stopping=early, num_return=num_beams) if num_beams else None
        params = SamplingParams(
            max_tokens=max_tokens,
            stop_token_ids=tuple(stop),
            prompt_logprobs=0 if scores else None,
            beams=beams,
        )
        new = Request(
            id=str(self.count),
            prompt=tuple(prompt),
            source=tuple(source),
            params=params,
            priority=priority,
            arrival=float(self.count),
            cache_salt=salt,
            tenant=tenant,
        )
        width = num_beams if num_beams and max_tokens else 1
        if beams and max_tokens:
            best = expected_hypotheses(new, constrained=constrained)[0].tokens
            new = msgspec.structs.replace(new, generated=best[: min(sent, len(best) - 1)])
        pool, shared = self.scheduler.pool, len(prompt) // BLOCK_SIZE if width > 1 else 0
        needed = shared + width * (num_blocks_for(len(prompt) + max_tokens, BLOCK_SIZE) - shared)
        if needed + num_blocks_for(len(source), BLOCK_SIZE) > pool.num_blocks or width > self.scheduler.max_num_seqs:
            with pytest.raises(RequestTooLarge):
                self.scheduler.add(new)
        else:
            constraint = NoRepetition() if beams and max_tokens and constrained else None
            self.alive[new.id] = self.scheduler.add(new, constraint=constraint), []

    @precondition(lambda self: self.alive)
    @rule(data=st.data())
    def abort(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.alive)))
        assert self.scheduler.abort(name)
        assert not self.scheduler.abort(name)
        sequence, _ = self.alive.pop(name)
        assert not sequence.block_table
        assert not sequence.source_table

    @rule(fails=st.booleans(), falls_short=st.booleans(), place=st.integers(0, 9))
    def step(self, fails: bool, falls_short: bool, place: int) -> None:
        started = [sequence for sequence, _ in self.alive.values() if sequence.start_time is not None]
        most_urgent = min(started, key=lambda sequence: sequence.urgency, default=None)
        step = self.scheduler.schedule()
        if not self.alive:
            assert not step.chunks
            return
        assert step.chunks
        assert step.num_tokens <= max(self.budget, 1)
        num_sources = sum(chunk.num_source > 0 for chunk in step.chunks)
        assert num_sources < 2 or step.num_tokens + step.num_source <= self.budget
        assert len({chunk.sequence for chunk in step.chunks}) == len(step.chunks)
        assert len(step.chunks) <= self.scheduler.max_num_seqs
        assert most_urgent is None or any(chunk.sequence is most_urgent for chunk in step.chunks)
        outputs = self.runner.run(step)
        if fails:
            outputs[place % len(outputs)] = ChunkOutput(error="broken")
        if falls_short:
            shorter = step.chunks[-1].shortened(step.chunks[-1].num_tokens // 2)
            shorter_output = ToyRunner.output(shorter) if shorter.num_tokens else ChunkOutput()
            outputs[-1] = msgspec.structs.replace(shorter_output, num_tokens=shorter.num_tokens)
        self.scheduler.record_step_time(step, 0.01 * step.num_tokens)
        for output in self.scheduler.commit(step, outputs):
            self.receive(output)

    def receive(self, output: TokenOutput) -> None:
        sequence, tokens = self.alive[output.request_id]
        if output.token is not None:
            tokens.append(output.token)
        request = sequence.request
        wanted = expected_tokens(request)
        if request.params.beams and request.params.max_tokens:
            due = expected_hypotheses(request, constrained=sequence.constraint is not None)
            wanted = list(due[0].tokens[len(request.generated) :])
            assert list(output.hypotheses) == (due if output.finish and not output.error else [])
        assert tokens == wanted[: len(tokens)]
        if output.finish is not None:
            del self.alive[output.request_id]
            assert output.finish is FinishReason.ERROR or tokens == wanted
        else:
            assert len(tokens) < len(wanted)

    @invariant()
    def blocks_are_accounted_for(self) -> None:
        if not hasattr(self, "scheduler"):
            return
        pool = self.scheduler.pool
        sequences = [beam for sequence, _ in self.alive.values() for beam in self.scheduler.beams(sequence)]
        tables = [each.block_table for each in sequences] + [each.source_table for each, _ in self.alive.values()]
        referenced = Counter(block for table in tables for block in table)
        assert pool.num_used == len(referenced)
        assert all(pool.num_references(block) == count for block, count in referenced.items())
        for sequence in sequences:
            assert len(sequence.block_table) >= num_blocks_for(sequence.num_computed, BLOCK_SIZE)
        assert self.scheduler.num_running + self.scheduler.num_waiting == len(self.alive)

    def teardown(self) -> None:
        if not hasattr(self, "scheduler"):
            return
        outputs, _ = drain(self.scheduler, self.runner)
        for items in outputs.values():
            for output in items:
                self.receive(output)
        assert not self.alive, "a sequence never finished"


SchedulerMachine.TestCase.settings = settings(stateful_step_count=40)
TestSchedulerMachine = SchedulerMachine.TestCase


def test_decodes_and_a_prompt_chunk_share_a_step() -> None:
    scheduler, runner = make(budget=6, chunk=4, blocks=32), ToyRunner()
    scheduler.add(request("a", [1, 2], max_tokens=9))
    scheduler.commit(step := scheduler.schedule(), runner.run(step))
    scheduler.add(request("b", [2] * 12))
    step = scheduler.schedule()
    assert [(chunk.sequence.id, chunk.num_tokens) for chunk in step.chunks] == [("a", 1), ("b", 4)]


class Forcing:
    """A constraint that forces some tokens after each sampled one, and allows everything else."""

    has_failed = is_complete = False

    def __init__(self, num_forced: int) -> None:
        self._num_forced = num_forced

    def advance(self, token: int) -> None:
        """Nothing depends on the token."""

    def fork(self) -> "Forcing":
        return self

    def forced_tokens(self) -> list[int]:
        return [1] * self._num_forced

    def write_mask(self, mask: NDArray[np.bool_]) -> None:
        mask[:] = True


@pytest.mark.parametrize("num_forced", [0, 2])
def test_long_prompts_never_delay_a_stream(num_forced: int) -> None:
    """Even if they are more urgent, and their chunks would take the whole token budget."""
    scheduler, runner = make(budget=20, chunk=10, blocks=199), ToyRunner()
    scheduler.add(request("stream", [1], max_tokens=60), constraint=Forcing(num_forced))
    scheduler.commit(step := scheduler.schedule(), runner.run(step))
    for name in "abc":
        scheduler.add(request(name, [ord(name)] * 60, priority=-1))
    for _ in range(19):
        step = scheduler.schedule()
        assert "stream" in [chunk.sequence.id for chunk in step.chunks]
        assert step.num_tokens <= 20
        scheduler.commit(step, runner.run(step))


def test_forced_tokens_of_streams_delay_no_prompt() -> None:
    """Prompts get the same chunks in the same steps as beside streams without a constraint."""

    def chunks_of_prompts(num_forced: int) -> list[list[tuple[str, int, int]]]:
        scheduler, runner = make(budget=20, chunk=10, blocks=199, seqs=8), ToyRunner()
        for name in "xyz":
            scheduler.add(request(name, [ord(name)], max_tokens=60), constraint=Forcing(num_forced))
        scheduler.commit(step := scheduler.schedule(), runner.run(step))
        for name in "abc":
            scheduler.add(request(name, [ord(name)] * 30, max_tokens=30), constraint=Forcing(num_forced))
        steps = []
        while any(each.num_computed < each.num_prompt for each in scheduler._sequences.values()):
            step = scheduler.schedule()
            prompts = [chunk for chunk in step.chunks if chunk.start < chunk.sequence.num_prompt]
            steps.append([(chunk.sequence.id, chunk.start, chunk.num_tokens) for chunk in prompts])
            scheduler.commit(step, runner.run(step))
        return steps

    assert chunks_of_prompts(num_forced=5) == chunks_of_prompts(num_forced=0)


def test_forced_tokens_are_computed_together_while_no_prompt_could_be() -> None:
    scheduler, runner = make(budget=20, chunk=10, blocks=199, seqs=2), ToyRunner()
    for name in ("a", "b", "without a place"):
        scheduler.add(request(name, [1], max_tokens=60), constraint=Forcing(4))
    scheduler.commit(step := scheduler.schedule(), runner.run(step))
    assert [(chunk.sequence.id, chunk.num_tokens) for chunk in scheduler.schedule().chunks] == [("a", 5), ("b", 5)]


def test_the_tokens_of_a_preempted_stream_are_a_prompt() -> None:
    """They are computed again in chunks, not one in each step."""
    scheduler, runner = make(budget=20, chunk=10, blocks=199, seqs=8), ToyRunner()
    sequence = scheduler.add(request("a", [1], max_tokens=60), constraint=Forcing(4))
    for _ in range(6):
        scheduler.commit(step := scheduler.schedule(), runner.run(step))
    scheduler._preempt(sequence)
    scheduler.add(request("b", [2] * 30))
    step = scheduler.schedule()
    lacking = sequence.num_tokens - step.chunks[0].start  # the prefix cache holds the rest
    assert [(chunk.sequence.id, chunk.num_tokens) for chunk in step.chunks] == [("a", lacking), ("b", 10 - lacking)]
    assert lacking > 1


def test_a_preempted_sequence_keeps_its_tokens() -> None:
    scheduler = make(blocks=6, budget=8)
    for name, prompt in (("a", [1, 1, 1]), ("b", [2, 2, 2])):
        scheduler.add(request(name, prompt, max_tokens=7))
    outputs, steps = drain(scheduler)
    assert sum(step.num_preempted for step in steps) > 0
    for name, prompt in (("a", [1, 1, 1]), ("b", [2, 2, 2])):
        assert [output.token for output in outputs[name]] == expected_tokens(request(name, prompt, max_tokens=7))


def test_priority_and_ageing_decide_the_order() -> None:
    scheduler = make(seqs=1)
    scheduler.add(request("late", [1], arrival=20.0))
    scheduler.add(request("early", [1], arrival=1.0))
    scheduler.add(request("urgent", [1], arrival=15.0, priority=-1))
    scheduler.add(request("too late to overtake", [1], arrival=12.0, priority=-1))
    _, steps = drain(scheduler)
    order = list(dict.fromkeys(chunk.sequence.id for step in steps for chunk in step.chunks))
    assert order == ["early", "too late to overtake", "urgent", "late"]


def test_sequences_wait_for_a_prefix_that_another_sequence_computes() -> None:
    scheduler = make(seqs=4, budget=8, chunk=8, blocks=64)
    prompt = [1, 2, 3, 4, 5, 6, 7]
    for name in "abc":
        scheduler.add(request(name, prompt))
    _, steps = drain(scheduler)
    assert [chunk.sequence.id for chunk in steps[0].chunks] == ["a"]
    assert {chunk.sequence.id: chunk.start for chunk in steps[1].chunks} == {"a": 7, "b": 6, "c": 6}
    assert sum(step.cache_hit_tokens for step in steps) == 12


def test_equal_sources_are_encoded_once() -> None:
    """Under the same salt. The others wait for the one that is encoded first."""
    scheduler = make(seqs=4, budget=20, chunk=20, blocks=64, source_length=5)
    for name, salt in (("a", ""), ("b", ""), ("c", "other")):
        scheduler.add(msgspec.structs.replace(request(name, [1]), source=(1, 2, 3, 4, 5), cache_salt=salt))
    _, steps = drain(scheduler)
    encoded = [[(chunk.sequence.id, chunk.num_source) for chunk in step.chunks] for step in steps[:2]]
    assert encoded == [[("a", 5), ("c", 5)], [("a", 0), ("c", 0), ("b", 0)]]
    assert sum(step.cache_hit_tokens for step in steps) == 5


def test_a_source_that_was_not_encoded_is_encoded_in_the_next_step() -> None:
    """A step that had no memory computes nothing of a chunk."""
    scheduler, runner = make(budget=20, chunk=20, blocks=64, source_length=5), ToyRunner()
    scheduler.add(msgspec.structs.replace(request("a", [1]), source=(1, 2, 3)))
    scheduler.commit(scheduler.schedule(), [ChunkOutput(num_tokens=0)])
    step = scheduler.schedule()
    assert [chunk.num_source for chunk in step.chunks] == [3]
    scheduler.commit(step, runner.run(step))
    assert [chunk.num_source for chunk in scheduler.schedule().chunks] == [0]


@pytest.mark.parametrize(("source", "most"), [((), 5), ((1,), 0), ((1,) * 6, 5)])
def test_a_source_belongs_to_a_model_with_an_encoder(source: tuple[int, ...], most: int) -> None:
    scheduler = make(source_length=most)
    with pytest.raises(EngineError, match=r"source|encoder"):
        scheduler.add(msgspec.structs.replace(request("a", [1]), source=source))


def test_no_sequence_waits_for_a_prefix_of_an_aborted_one() -> None:
    scheduler = make(budget=2, chunk=2, blocks=64)
    scheduler.add(request("a", [1] * 9))
    scheduler.add(request("b", [1] * 9))
    step = scheduler.schedule()
    assert [chunk.sequence.id for chunk in step.chunks] == ["a"]
    scheduler.abort("a")
    assert [chunk.sequence.id for chunk in scheduler.schedule().chunks] == ["b"]


def test_a_failed_step_publishes_nothing() -> None:
    scheduler, runner = make(budget=8, chunk=8), ToyRunner()
    scheduler.add(request("a", [1, 2, 3, 4, 5]))
    step = scheduler.schedule()
    (output,) = scheduler.commit(step, [ChunkOutput(error="broken")])
    assert (output.finish, output.error) == (FinishReason.ERROR, "broken")
    scheduler.add(request("b", [1, 2, 3, 4, 5]))
    outputs, steps = drain(scheduler, runner)
    assert steps[0].chunks[0].start == 0
    assert [output.token for output in outputs["b"]] == expected_tokens(request("b", [1, 2, 3, 4, 5]))


def test_a_request_that_can_never_fit_is_refused_with_both_numbers() -> None:
    scheduler = make(blocks=4, length=32)
    with pytest.raises(RequestTooLarge, match=r"10 tokens.*23.*33 tokens.*32 tokens"):
        scheduler.add(request("a", [1] * 10, max_tokens=23))
    with pytest.raises(RequestTooLarge, match=r"6 tokens.*3.*9 tokens.*8 tokens"):
        scheduler.add(request("a", [1] * 6, max_tokens=3))
    with pytest.raises(EngineError, match="empty"):
        scheduler.add(request("a", []))
    scheduler.add(request("a", [1]))
    with pytest.raises(EngineError, match="in use"):
        scheduler.add(request("a", [1]))


def test_scoring_generates_nothing() -> None:
    scheduler = make()
    scheduler.add(request("a", [1, 2, 3], max_tokens=0))
    outputs, _ = drain(scheduler)
    assert [(output.token, output.finish) for output in outputs["a"]] == [(None, FinishReason.LENGTH)]


def test_the_first_output_says_how_many_tokens_came_from_the_cache() -> None:
    scheduler, runner = make(blocks=32), ToyRunner()
    scheduler.add(request("a", [1, 2, 3, 4, 5]))
    drain(scheduler, runner)
    scheduler.add(request("b", [1, 2, 3, 4, 6]))
    outputs, _ = drain(scheduler, runner)
    assert [output.num_cached for output in outputs["b"]] == [4, 0, 0]


# Guesses


def guessing(chance: float, most: int = 6) -> Guessing:
    return Guessing(continuation, chance=chance, vocab_size=VOCAB_SIZE, most=most)


def test_right_guesses_save_steps_and_wrong_ones_change_nothing() -> None:
    new = request("a", [1, 2, 3], max_tokens=30)
    numbers = {}
    for chance in (0.0, 1.0):
        scheduler = make(blocks=32, budget=16, speculator=guessing(chance))
        scheduler.add(new)
        outputs, steps = drain(scheduler)
        assert [output.token for output in outputs["a"]] == expected_tokens(new)
        accepted, proposed = sum(step.num_accepted for step in steps), sum(step.num_proposed for step in steps)
        assert proposed > 10
        assert accepted == (proposed if chance else 0)
        numbers[chance] = len(steps)
    assert numbers[0.0] == 30
    assert numbers[1.0] < 15


def test_guesses_preempt_nobody_and_leave_prompts_half_of_the_budget() -> None:
    scheduler, runner = make(blocks=64, budget=8, chunk=8, speculator=guessing(0.0, most=99)), ToyRunner()
    scheduler.add(request("a", [1], max_tokens=60))
    scheduler.commit(step := scheduler.schedule(), runner.run(step))
    scheduler.add(request("b", [2] * 60))
    for _ in range(6):
        step = scheduler.schedule()
        counts = {chunk.sequence.id: chunk.num_tokens for chunk in step.chunks}
        assert counts["b"] >= 4
        assert step.num_tokens <= 8
        scheduler.commit(step, runner.run(step))
    few = make(blocks=6, budget=8, speculator=guessing(0.5))
    for name in "ab":
        few.add(request(name, [3], max_tokens=5))
    _, steps = drain(few)
    assert sum(step.num_preempted for step in steps) == 0


def test_a_sequence_whose_guesses_fail_is_computed_again_without_any() -> None:
    scheduler, runner = make(blocks=32, speculator=MeasuredSpeculator(StepCostModel())), ToyRunner()
    sequence = scheduler.add(request("a", [1, 2, 3], max_tokens=5))
    scheduler.commit(step := scheduler.schedule(), runner.run(step))
    chunk = Chunk(sequence, 3, 3, (0, 0))
    assert scheduler.commit(Step([chunk]), [ChunkOutput(error="broken")]) == []
    assert sequence.speculation is None
    outputs, _ = drain(scheduler, runner)
    assert [output.token for output in outputs["a"]] == expected_tokens(sequence.request)[1:]


def test_only_computed_and_accepted_tokens_are_published() -> None:
    """After a wrong guess the next sequence with the same tokens must find no block that holds the guess."""
    scheduler, runner = make(blocks=64, budget=16, speculator=guessing(0.0)), ToyRunner()
    first = request("a", [1, 2, 3], max_tokens=20)
    scheduler.add(first)
    drain(scheduler, runner)
    again = request("b", [*first.prompt, *expected_tokens(first)], max_tokens=1)
    scheduler.add(again)
    outputs, _ = drain(scheduler, runner)  # the runner checks each slot that it reads
    assert outputs["b"][0].num_cached >= 20
    assert [output.token for output in outputs["b"]] == expected_tokens(again)


def test_a_stop_token_among_right_guesses_ends_the_sequence_there() -> None:
    tokens = expected_tokens(request("a", [1, 2], max_tokens=20))
    stop = tokens[7]
    new = request("a", [1, 2], max_tokens=20, stop_token_ids=(stop,))
    scheduler = make(blocks=32, budget=16, speculator=guessing(1.0))
    scheduler.add(new)
    outputs, _ = drain(scheduler)
    assert [output.token for output in outputs["a"]] == expected_tokens(new)
    assert outputs["a"][-1].finish is FinishReason.STOP


def test_the_tokens_of_a_prediction_are_counted_where_they_are_used() -> None:
    new = request("a", [1, 2], max_tokens=12)
    right = expected_tokens(new)
    for wrong_at in (12, 5):
        prediction = tuple(right[:wrong_at]) + tuple((token + 1) % VOCAB_SIZE for token in right[wrong_at:])
        model = StepCostModel()
        scheduler, runner = make(blocks=32, budget=64, speculator=MeasuredSpeculator(model)), ToyRunner()
        scheduler.add(msgspec.structs.replace(new, prediction=prediction))
        outputs: list[TokenOutput] = []
        while scheduler.num_running or scheduler.num_waiting:
            step = scheduler.schedule()
            outputs += scheduler.commit(step, runner.run(step))
            model.record(step, 0.1)  # guesses cost nothing
        assert [output.token for output in outputs] == right
        predicted = [output.was_predicted for output in outputs]
        assert any(predicted[1:wrong_at])
        assert not any(predicted[wrong_at + 1 :]) or wrong_at == 12
        assert (sum(output.num_rejected for output in outputs) > 0) == (wrong_at < 12)
