"""Lets a draft model guess where it pays, by measured acceptance and measured seconds. It imports no torch."""

import logging
import time
from collections.abc import Callable, Mapping

from service.engine.drafting.block_contents import BlockContents
from service.engine.drafting.draft_plan import LEAST_GAIN, Depth, Prices, best_depth, continues, speed_of_copies
from service.engine.drafting.draft_runner import DraftRunner, Guess
from service.engine.drafting.drafted_sequence import DraftedSequence
from service.engine.drafting.trials import Trials
from service.engine.scheduling.sequence import Sequence, SequenceStatus
from service.engine.scheduling.step import Chunk, DraftCost, Step
from service.engine.scheduling.step_cost_model import StepCostModel
from service.engine.speculation.speculation import Speculation
from service.errors import DeviceLost

logger = logging.getLogger(__name__)

MOST_GUESSES = 8  # of a sequence in a step
_FEW = 16  # tokens that the draft model may lack without a thought about their seconds
_LOOK_AHEAD = 128  # tokens of a sequence, at most, whose seconds may pay for those that the draft model lacks
_STEPS_OF_REST = 1024  # without the draft model after it has failed


class _Candidate:
    """A sequence that the draft model may guess for in this step."""

    def __init__(self, drafted: DraftedSequence, speculation: Speculation, depth: Depth) -> None:
        self.drafted = drafted
        self.speculation = speculation
        self.depth = depth
        self.chance = 1.0  # that all its guesses are right
        self.confidences: list[float] = []


class ModelDrafter:
    """Owns the twins of sequences, and decides what the draft model computes. A ``Drafter``."""

    def __init__(
        self,
        runner: DraftRunner,
        target_costs: StepCostModel,
        *,
        block_size: int,
        chunk: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``chunk`` is the most tokens of prompts that the draft model computes before one step."""
        self.cost = DraftCost()
        self._runner = runner
        self._target_costs = target_costs
        self._costs = StepCostModel()
        self._trials = Trials()
        self._contents = BlockContents()
        self._block_size = block_size
        self._chunk = chunk
        self._clock = clock
        self._drafted: dict[Sequence, DraftedSequence] = {}
        self._rest = 0

    @property
    def lookahead(self) -> int:
        """As ``Drafter.lookahead``."""
        return 0 if self._rest else MOST_GUESSES

    def draft(
        self, decodes: list[Sequence], copied: Mapping[Sequence, list[float]], most: int
    ) -> dict[Sequence, list[float]]:
        """As ``Drafter.draft``."""
        self.cost = DraftCost()
        self._forget_finished()
        if self._rest:
            self._rest -= 1
            return {}
        possible = [each for each in decodes if self._is_possible(each)]
        chosen = self._choose(possible, copied, len(decodes))[:most]
        if not chosen:
            return {}
        depth = min(MOST_GUESSES, most // len(chosen))
        try:
            self._guess(chosen, len(decodes), depth)
        except DeviceLost:
            raise
        except Exception:
            self._rest = _STEPS_OF_REST
            logger.exception("the draft model failed: no guesses of it in the next %d steps", _STEPS_OF_REST)
            return {}
        return {
            each.drafted.sequence: each.speculation.draft(each.drafted.guesses, each.confidences)
            for each in chosen
            if each.confidences
        }

    def _forget_finished(self) -> None:
        for sequence in [each for each in self._drafted if each.status is SequenceStatus.FINISHED]:
            del self._drafted[sequence]

    def _is_possible(self, sequence: Sequence) -> bool:
        """Whether the draft model can guess for the sequence at all."""
        if sequence.speculation is None or sequence.max_total_tokens - sequence.num_tokens <= 1:
            return False
        if sequence.num_tokens + MOST_GUESSES > self._runner.max_model_len:
            return False
        drafted = self._drafted.get(sequence)
        if drafted is None:
            drafted = self._drafted[sequence] = DraftedSequence(sequence, self._contents, self._block_size)
            drafted.is_broken = max(sequence.tokens) >= self._runner.vocab_size
        elif sequence.tokens[-1] >= self._runner.vocab_size:
            drafted.is_broken = True
        return not drafted.is_broken

    def _choose(
        self, possible: list[Sequence], copied: Mapping[Sequence, list[float]], num_decodes: int
    ) -> list[_Candidate]:
        """The sequences for which guesses of the draft model pay, or those of a trial."""
        prices = self._prices(num_decodes, len(possible))
        if prices is None or not possible:
            return []
        for sequence in possible:
            self._drafted[sequence].follow()
        chosen = [] if self._trials.is_first else self._paying(possible, copied, prices)
        if chosen and len(chosen) < len(possible):  # fewer share the seconds of a pass
            prices = self._prices(num_decodes, len(chosen)) or prices
            chosen = self._paying([each.drafted.sequence for each in chosen], copied, prices)
        if chosen:
            self._trials.succeeded()
            return chosen
        count = self._trials.num_sequences()
        fewest = sorted(possible, key=lambda each: self._drafted[each].num_lacking)[:count]
        return [self._candidate(each, Depth(self._trials.depth, 0.0)) for each in fewest]

    def _paying(
        self, sequences: list[Sequence], copied: Mapping[Sequence, list[float]], prices: Prices
    ) -> list[_Candidate]:
        paying = []
        for sequence in sequences:
            assert sequence.speculation is not None
            depth = best_depth(sequence.speculation.draft_share, prices, MOST_GUESSES)
            without = speed_of_copies(copied.get(sequence, ()), prices)
            if depth.speed > LEAST_GAIN * without and self._is_worth_catching_up(sequence, depth, without):
                paying.append(self._candidate(sequence, depth))
        return paying

    def _is_worth_catching_up(self, sequence: Sequence, depth: Depth, without: float) -> bool:
        """Whether guesses will save more seconds than the tokens take that the draft model lacks."""
        lacking = self._drafted[sequence].num_lacking
        if lacking <= _FEW:
            return True
        coming = min(_LOOK_AHEAD, sequence.max_total_tokens - sequence.num_tokens)
        return lacking * self._costs.cost().per_token < coming * (1 / without - 1 / depth.speed)

    def _candidate(self, sequence: Sequence, depth: Depth) -> _Candidate:
        assert sequence.speculation is not None
        return _Candidate(self._drafted[sequence], sequence.speculation, depth)

    def _prices(self, num_decodes: int, num_drafted: int) -> Prices | None:
        """The seconds for each of ``num_drafted`` sequences; None if nothing is known yet."""
        cost = self._target_costs.cost_without_prompts()
        plain = cost.base + cost.per_decode * num_decodes
        if plain <= 0 or not num_drafted:
            return None
        each = cost.per_proposed
        if not self._target_costs.num_speculating:
            each = plain / (num_decodes + 7)  # not measured yet
        draft = self._costs.cost_without_prompts()
        per_pass = draft.base + draft.per_decode * num_drafted
        return Prices(plain / num_decodes, each, per_pass / num_drafted)

    def _guess(self, chosen: list[_Candidate], num_decodes: int, depth: int) -> None:
        """Let the draft model compute what it lacks, and guess up to ``depth`` tokens of each sequence."""
        active, left = chosen, self._chunk
        for number in range(depth):
            chunks: list[tuple[_Candidate, Chunk]] = []
            for candidate in active:
                chunk = candidate.drafted.chunk(left)
                if chunk is not None:
                    chunks.append((candidate, chunk))
                    left -= chunk.num_tokens
            if not chunks:
                return
            guesses = self._run([chunk for _, chunk in chunks])
            for (candidate, chunk), guess in zip(chunks, guesses, strict=True):
                self._record(candidate, chunk, guess)
            prices = self._prices(num_decodes, len(chunks))
            active = [each for each, chunk in chunks if self._continues(each, chunk, number + 1, prices)]

    def _run(self, chunks: list[Chunk]) -> list[Guess | None]:
        step = Step(chunks)
        begin = self._clock()
        guesses = self._runner.draft(step)
        seconds = self._clock() - begin
        self._costs.record(step, seconds)
        num_guesses = sum([guess is not None for guess in guesses])
        self.cost = DraftCost(self.cost.seconds + seconds, self.cost.num_guesses + num_guesses)
        return guesses

    def _record(self, candidate: _Candidate, chunk: Chunk, guess: Guess | None) -> None:
        if guess is None and chunk.samples:
            candidate.drafted.is_broken = True
            return
        candidate.drafted.computed(chunk, None if guess is None else guess.token)
        if guess is not None:
            candidate.confidences.append(guess.confidence)
            candidate.chance *= candidate.speculation.draft_chance(guess.confidence)

    def _continues(self, candidate: _Candidate, chunk: Chunk, count: int, prices: Prices | None) -> bool:
        """Whether the draft model guesses one more token behind the ``count`` that it has guessed."""
        twin, depth = candidate.drafted.twin, candidate.depth
        if len(candidate.confidences) < count or prices is None or twin.finish_reason() is not None:
            return False
        if twin.max_total_tokens - twin.num_tokens <= 1:
            return False
        if not depth.speed:  # a trial
            return count < depth.guesses
        return continues(candidate.chance, candidate.speculation.draft_share, depth.speed, prices)
