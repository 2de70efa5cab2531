"""The step-cost model: an estimate of a step's seconds.

The time of a step depends on the model, the machine and the load, so it is learned while serving, as a linear function:

    seconds = base + per_decode * decodes + per_token * prompt tokens + per_pair * attention pairs
              + speculating, if the step has proposed tokens, + per_proposed * proposed tokens
              + per_crowded * proposed tokens with which the step has more than ROOMY tokens

A pair is a prompt token and a token that it attends to. While a step has few tokens, its time is that of reading the
weights, and proposed tokens cost little; with more of them each takes the time of its arithmetic. The coefficients are
least squares over all steps so far, with less weight for older steps, and none of them is negative.

Plain steps, steps with prompt tokens and those with proposed tokens alone lose their weight separately. Otherwise a
long time without prompts would erase everything that is known about prompts.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from service.engine.scheduling.step import Step

_DECAY = 0.97  # the weight of a step is multiplied by this with each later step of its kind
ROOMY = 6  # tokens of a step that the compiled kernels compute at once
_SCALE = np.array(
    [1.0, 1 / 16, 1 / 256, 1 / (256 * 1024), 1.0, 1 / 16, 1 / 16]
)  # brings all features to a size of about 1
_RIDGE = 1e-6
_MOST_NEWEST = 64  # steps of a kind that wait to be added to the sums
_PLAIN, _PROMPTS, _SPECULATING = range(3)  # kinds of steps


class StepCost(NamedTuple):
    """The coefficients of the estimate, in seconds."""

    base: float
    per_decode: float
    per_token: float
    per_pair: float
    speculating: float = 0.0
    per_proposed: float = 0.0
    per_crowded: float = 0.0

    def of_proposals(self, num_proposed: int, num_others: int) -> float:
        """The seconds that ``num_proposed`` proposed tokens add to a step with ``num_others`` other tokens."""
        if not num_proposed:
            return 0.0
        crowded = _num_crowded(num_proposed, num_others)
        return self.speculating + self.per_proposed * num_proposed + self.per_crowded * crowded


class StepCostModel:
    """Learns what steps cost. It has no clock: the caller measures each step."""

    def __init__(self) -> None:
        # For each kind of steps, the weighted sums of x * (x, seconds), x being the features, and the newest steps,
        # which are added to the sums together: most steps need no estimate, and adding one takes as long as many.
        self._sums = [np.zeros((len(_SCALE), len(_SCALE) + 1)) for _ in range(3)]
        self._newest: list[list[tuple[float, ...]]] = [[] for _ in range(3)]  # (*features, seconds), not scaled
        self.most_prompt_tokens = 0  # of one step so far; nothing is known about larger ones
        self.num_speculating = 0  # steps with proposed tokens so far

    def record(self, step: Step, seconds: float) -> None:
        """Learn that ``step`` took ``seconds``. No estimate is for steps with forced tokens, so they teach nothing."""
        if step.num_forced:
            return
        counts = [(chunk.start, chunk.num_known + chunk.num_source) for chunk in step.chunks]
        prompts = [(start, count) for start, count in counts if count > 1]
        tokens = sum([count for _, count in prompts])
        pairs = sum([count * (start + count / 2) for start, count in prompts])
        proposed = step.num_proposed
        decodes = len(step.chunks) - len(prompts)
        crowded = _num_crowded(proposed, decodes + tokens)
        kind = _PROMPTS if prompts else _SPECULATING if proposed else _PLAIN
        newest = self._newest[kind]
        newest.append((1, decodes, tokens, pairs, proposed > 0, proposed, crowded, seconds))
        if len(newest) == _MOST_NEWEST:
            self._add_newest(kind)
        self.num_speculating += proposed > 0
        self.most_prompt_tokens = max(self.most_prompt_tokens, tokens)

    def cost(self) -> StepCost:
        """The coefficients that fit all steps."""
        return _fit(self._sum(_PLAIN) + self._sum(_PROMPTS) + self._sum(_SPECULATING))

    def cost_without_prompts(self) -> StepCost:
        """The coefficients that fit the steps without prompt tokens; those of prompts have no meaning."""
        return _fit(self._sum(_PLAIN) + self._sum(_SPECULATING))

    def _sum(self, kind: int) -> NDArray[np.float64]:
        """The weighted sums of all steps of one kind."""
        if self._newest[kind]:
            self._add_newest(kind)
        return self._sums[kind]

    def _add_newest(self, kind: int) -> None:
        steps = np.array(self._newest[kind])
        self._newest[kind].clear()
        steps[:, :-1] *= _SCALE
        weights = _DECAY ** np.arange(len(steps))[::-1]
        self._sums[kind] = _DECAY ** len(steps) * self._sums[kind] + (steps[:, :-1].T * weights) @ steps


def _num_crowded(num_proposed: int, num_others: int) -> int:
    return max(0, min(num_proposed, num_proposed + num_others - ROOMY))


def _fit(sums: NDArray[np.float64]) -> StepCost:
    """The least-squares coefficients. Those that would be negative are left out, the most negative one first."""
    coefficients = np.zeros(len(_SCALE))
    free = np.arange(len(_SCALE))
    while free.size:
        squares = sums[np.ix_(free, free)] + _RIDGE * np.eye(free.size)
        coefficients[free] = np.linalg.solve(squares, sums[free, -1])
        worst = coefficients[free].argmin()
        if coefficients[free[worst]] >= 0:
            break
        coefficients[free[worst]] = 0
        free = np.delete(free, worst)
    return StepCost(*(coefficients * _SCALE).tolist())
