"""The proposal budget: how many guesses a step computes, and whose.

A step that computes more tokens takes longer, and each right guess saves its sequence a step. With n decodes, the step
gives ``n + expected right guesses`` tokens in the seconds that the step-cost model estimates. The budget takes the
likeliest guesses, as many as make the most tokens per second. Where a full batch keeps the processor busy, or guesses
are often wrong, none are worth their time, and the step computes none.
"""

from service.engine.scheduling.step_cost_model import StepCost, StepCostModel

_LEAST_GAIN = 1.02  # in tokens per second, by which guesses must be better than none
_TRIALS = 4  # speculating steps, until their estimated cost is trusted
_STEPS_TO_TRIAL = 256  # steps in a row without guesses because of their cost, until it is measured once more


class ProposalBudget:
    """Chooses the guesses of each step by a step-cost model."""

    def __init__(self, model: StepCostModel) -> None:
        self._model = model
        self._num_declined = 0

    def share_out(self, chances: list[list[float]], num_decodes: int, most: int) -> list[int]:
        """How many guesses each sequence gets, at most ``most`` together.

        ``chances`` holds for each sequence the chances that its first guess, its first two guesses, and so on, are
        right. ``num_decodes`` sequences decode in the step.
        """
        counts = [0] * len(chances)
        likeliest = sorted(
            ((chance, number) for number, each in enumerate(chances) for chance in each),
            reverse=True,
        )[:most]
        for _, number in likeliest[: self._best_count([chance for chance, _ in likeliest], num_decodes)]:
            counts[number] += 1
        return counts

    def _best_count(self, chances: list[float], num_decodes: int) -> int:
        """How many guesses of these ``chances``, the likeliest first, give the most tokens per second."""
        if not chances:
            return 0
        cost = self._model.cost_without_prompts()
        plain = cost.base + cost.per_decode * num_decodes
        if plain <= 0:
            return 0  # nothing is known yet
        is_trial = self._model.num_speculating < _TRIALS or self._num_declined >= _STEPS_TO_TRIAL
        # Before it is measured: as if a step cost as much as seven tokens, and each token the same.
        trial = StepCost(cost.base, cost.per_decode, 0.0, 0.0, per_proposed=plain / (num_decodes + 7))
        cost = trial if is_trial else cost
        best, most, expected = 0, _LEAST_GAIN * num_decodes / plain, float(num_decodes)
        for count, chance in enumerate(chances, start=1):
            expected += chance
            speed = expected / (plain + cost.of_proposals(count, num_decodes))
            if speed > most:
                best, most = count, speed
        self._num_declined = 0 if best or is_trial else self._num_declined + 1
        return best
