"""The prefill budget: how many prompt tokens a step may compute alongside decodes, so that streams stay smooth.

Computing prompts in chunks bounds how long a stream waits for its next token (Sarathi-Serve, arXiv:2403.02310). The
size of the chunks follows from a target for the seconds of a step and from what a step-cost model has learned. Two
rules limit the effect of the target:

- Prompts may always make a step ``MAX_SLOWDOWN`` times as long as the same step without prompts. Where decodes alone
  take most of the target, a smaller budget would make all new requests wait long for their first token, and
  would speed up the streams only little.
- Prompts always get ``MIN_TOKENS`` tokens, of which the scheduler gives the first prompt at least half.
"""

import math

from service.engine.scheduling.step import Step
from service.engine.scheduling.step_cost_model import StepCostModel

MIN_TOKENS = 16
MAX_SLOWDOWN = 3.0
_PLANNED_SHARE = 0.9  # of the allowed seconds, since half of all steps take longer than estimated


class PrefillBudget:
    """Chooses the prefill budget of each step by a step-cost model."""

    def __init__(self, target_seconds: float, model: StepCostModel | None = None) -> None:
        """``target_seconds`` is how long a step with decodes should take at most. 0 means no target and no limit.

        ``model`` is the step-cost model, if others use it too.
        """
        self._target_seconds = target_seconds
        self._model = model or StepCostModel()

    def max_tokens(self, num_decodes: int, start: int, num_proposed: int = 0, spent: float = 0.0) -> float:
        """The most prompt tokens alongside ``num_decodes`` decodes: at least MIN_TOKENS, and infinity without decodes.

        ``start`` is the position of the first prompt token, and ``num_proposed`` the tokens proposed behind decodes.
        ``spent`` seconds of the step are over. The budget is at most twice the largest number of prompt tokens that a
        step has had so far, as nothing is known about larger steps.
        """
        if not self._target_seconds or not num_decodes:
            return math.inf
        cost = self._model.cost()
        base, per_decode, per_token, per_pair = cost[:4]
        # Steps without prompts are fitted separately: if all steps are alike, a fit of all steps cannot
        # distinguish the cost of decodes from the cost of prompts.
        alone = self._model.cost_without_prompts()
        allowed = max(self._target_seconds, MAX_SLOWDOWN * (alone.base + alone.per_decode * num_decodes))
        seconds = allowed * _PLANNED_SHARE - spent - base - per_decode * num_decodes
        seconds -= cost.of_proposals(num_proposed, num_decodes + MIN_TOKENS)
        slope = per_token + per_pair * start
        tokens = 2.0 * self._model.most_prompt_tokens
        if seconds <= 0:
            tokens = 0
        elif slope or per_pair:  # solve tokens * slope + tokens^2 / 2 * per_pair = seconds
            tokens = min(tokens, 2 * seconds / (slope + math.sqrt(slope**2 + 2 * per_pair * seconds)))
        return max(MIN_TOKENS, int(tokens))

    def record_step_time(self, step: Step, seconds: float) -> None:
        """Let the step-cost model learn that ``step`` took ``seconds``."""
        if step.chunks:
            self._model.record(step, seconds)
