"""For which sequences the draft model guesses in a step: where it pays, or where a trial is due."""

from collections.abc import Mapping

from service.engine.drafting.draft_plan import LEAST_GAIN, Depth, Prices, best_depth, continues, speed_of_copies
from service.engine.drafting.draft_runner import Guess
from service.engine.drafting.drafted_sequence import DraftedSequence
from service.engine.drafting.trials import Trials
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk
from service.engine.scheduling.step_cost_model import StepCostModel
from service.engine.speculation.speculation import Speculation

MOST_GUESSES = 8  # of a sequence in a step
_USUAL_GUESSES = 3  # of a sequence, whose mean cost is the price of one
_FEW = 16  # tokens that the draft model may lack without a thought about their seconds
_LOOK_AHEAD = 128  # tokens of a sequence, at most, whose seconds may pay for those that the draft model lacks


class Candidate:
    """A sequence that the draft model guesses for in this step."""

    def __init__(self, drafted: DraftedSequence, speculation: Speculation, depth: Depth) -> None:
        """``depth`` is what is planned; a speed of 0 means that it is a trial."""
        self.drafted = drafted
        self.speculation = speculation
        self.confidences: list[float] = []
        self._depth = depth
        self._chance = 1.0  # that all its guesses are right

    def record(self, chunk: Chunk, guess: Guess | None) -> None:
        """The draft model has computed ``chunk``, with this guess behind it."""
        if guess is None and chunk.samples:
            self.drafted.is_broken = True
            return
        self.drafted.computed(chunk, None if guess is None else guess.token)
        if guess is not None:
            self.confidences.append(guess.confidence)
            self._chance *= self.speculation.draft_chance(guess.confidence)

    def continues(self, prices: Prices | None) -> bool:
        """Whether the draft model should guess one more token behind those that it has guessed."""
        twin = self.drafted.twin
        if prices is None or twin.finish_reason() is not None or twin.max_total_tokens - twin.num_tokens <= 1:
            return False
        if not self._depth.speed:
            return len(self.confidences) < self._depth.guesses
        return continues(self._chance, self.speculation.draft_share, self._depth.speed, prices)


class DraftBudget:
    """Chooses by the share of right guesses and by two step-cost models: of the served model and of the draft model."""

    def __init__(self, target_costs: StepCostModel, draft_costs: StepCostModel) -> None:
        self._target_costs = target_costs
        self._draft_costs = draft_costs
        self._trials = Trials()

    def choose(
        self, possible: list[DraftedSequence], copied: Mapping[Sequence, list[float]], num_decodes: int
    ) -> list[Candidate]:
        """The sequences of ``possible`` for which guesses of the draft model pay, or those of a trial.

        ``copied`` holds the chances of the proposals that sequences have already.
        """
        prices = self.prices(num_decodes, len(possible))
        if prices is None:
            return []
        chosen = [] if self._trials.is_first else self._paying(possible, copied, prices)
        if chosen and len(chosen) < len(possible):  # fewer share the seconds of a pass
            prices = self.prices(num_decodes, len(chosen)) or prices
            chosen = self._paying([each.drafted for each in chosen], copied, prices)
        if chosen:
            self._trials.succeeded()
            return chosen
        count = self._trials.num_sequences()
        fewest = sorted(possible, key=lambda each: each.num_lacking)[:count]
        return [_candidate(each, Depth(self._trials.depth, 0.0)) for each in fewest]

    def prices(self, num_decodes: int, num_drafted: int) -> Prices | None:
        """The seconds for each of ``num_drafted`` sequences; None if nothing is known yet, or there is none."""
        cost = self._target_costs.cost_without_prompts()
        plain = cost.base + cost.per_decode * num_decodes
        if plain <= 0 or not num_drafted:
            return None
        count = _USUAL_GUESSES * num_drafted  # in a full batch more of them cost more than the first few
        each = cost.of_proposals(count, num_decodes) / count
        if not self._target_costs.num_speculating:
            each = plain / (num_decodes + 7)  # not measured yet
        draft = self._draft_costs.cost_without_prompts()
        per_pass = draft.base + draft.per_decode * num_drafted
        return Prices(plain / num_decodes, each, per_pass / num_drafted)

    def _paying(
        self, possible: list[DraftedSequence], copied: Mapping[Sequence, list[float]], prices: Prices
    ) -> list[Candidate]:
        paying = []
        for drafted in possible:
            depth = best_depth(_speculation(drafted).draft_share, prices, MOST_GUESSES)
            without = speed_of_copies(copied.get(drafted.sequence, ()), prices)
            if depth.speed > LEAST_GAIN * without and self._is_worth_catching_up(drafted, depth, without):
                paying.append(_candidate(drafted, depth))
        return paying

    def _is_worth_catching_up(self, drafted: DraftedSequence, depth: Depth, without: float) -> bool:
        """Whether guesses will save more seconds than the tokens take that the draft model lacks."""
        if drafted.num_lacking <= _FEW:
            return True
        coming = min(_LOOK_AHEAD, drafted.sequence.max_total_tokens - drafted.sequence.num_tokens)
        seconds = drafted.num_lacking * self._draft_costs.cost().per_token
        return seconds < coming * (1 / without - 1 / depth.speed)


def _speculation(drafted: DraftedSequence) -> Speculation:
    speculation = drafted.sequence.speculation
    assert speculation is not None  # or the sequence would not be possible
    return speculation


def _candidate(drafted: DraftedSequence, depth: Depth) -> Candidate:
    return Candidate(drafted, _speculation(drafted), depth)
