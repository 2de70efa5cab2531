"""The step-cost model: an estimate of a step's seconds.

The time of a step depends on the model, the machine and the load, so it is learned while serving, as a linear function:

    seconds = base + per_decode * decodes + per_token * prompt tokens + per_pair * attention pairs

A pair is a prompt token and a token that it attends to. The coefficients are least squares over all steps so far, with
less weight for older steps, and none of them is negative.

Steps with and without prompt tokens lose their weight separately. Otherwise a long time without prompts would erase
everything that is known about prompts.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from service.engine.scheduling.step import Step

_DECAY = 0.97  # the weight of a step is multiplied by this with each later step of its kind
_SCALE = np.array([1.0, 1 / 16, 1 / 256, 1 / (256 * 1024)])  # brings all features to a size of about 1
_RIDGE = 1e-6


class StepCost(NamedTuple):
    """The coefficients of the estimate, in seconds."""

    base: float
    per_decode: float
    per_token: float
    per_pair: float


class StepCostModel:
    """Learns what steps cost. It has no clock: the caller measures each step."""

    def __init__(self) -> None:
        # For steps without and with prompt tokens, the weighted sums of x * (x, seconds), x being the four features.
        self._sums = [np.zeros((4, 5)) for _ in range(2)]
        self.most_prompt_tokens = 0  # of one step so far; nothing is known about larger ones

    def record(self, step: Step, seconds: float) -> None:
        """Learn that ``step`` took ``seconds``."""
        prompts = [(chunk.start, chunk.num_tokens) for chunk in step.chunks if chunk.num_tokens > 1]
        tokens = sum([count for _, count in prompts])
        pairs = sum([count * (start + count / 2) for start, count in prompts])
        features = _SCALE * (1, len(step.chunks) - len(prompts), tokens, pairs)
        sums = self._sums[bool(prompts)]
        sums *= _DECAY
        sums += np.outer(features, (*features, seconds))
        self.most_prompt_tokens = max(self.most_prompt_tokens, tokens)

    def cost(self) -> StepCost:
        """The coefficients that fit all steps."""
        return _fit(self._sums[0] + self._sums[1])

    def cost_without_prompts(self) -> StepCost:
        """The coefficients that fit the steps without prompt tokens; only the first two have a meaning."""
        return _fit(self._sums[0])


def _fit(sums: NDArray[np.float64]) -> StepCost:
    """The least-squares coefficients. Those that would be negative are left out, the most negative one first."""
    coefficients = np.zeros(4)
    free = np.arange(4)
    while free.size:
        squares = sums[np.ix_(free, free)] + _RIDGE * np.eye(free.size)
        coefficients[free] = np.linalg.solve(squares, sums[free, 4])
        worst = coefficients[free].argmin()
        if coefficients[free[worst]] >= 0:
            break
        coefficients[free[worst]] = 0
        free = np.delete(free, worst)
    return StepCost(*(coefficients * _SCALE).tolist())
