"""An estimate of a step's seconds, learned while serving.

The model is linear, because the time of a step depends on model, machine and load:

    seconds = base + per_decode * decodes + per_token * prompt tokens + per_pair * attention pairs

A pair is a prompt token and a token that it attends to. The coefficients are least squares over all steps so far, with
less weight for older steps, and none is below zero.

Steps with and without prompt tokens lose their weight separately. Otherwise a long time without prompts would remove
everything that is known about them.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from service.engine.scheduling.step import Step

_DECAY = 0.97  # the weight of a step is multiplied by this with each later step of its kind
_SCALE = np.array([1.0, 1 / 16, 1 / 256, 1 / (256 * 1024)])  # makes all features about 1
_RIDGE = 1e-6


class StepCost(NamedTuple):
    """The coefficients of the estimate, in seconds."""

    base: float
    per_decode: float
    per_token: float
    per_pair: float


class StepCostModel:
    """Learns what steps cost. It has no clock: its owner says how long each step took."""

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
        """The coefficients that fit the steps without prompt tokens; only the first two mean anything."""
        return _fit(self._sums[0])


def _fit(sums: NDArray[np.float64]) -> StepCost:
    """The least-squares coefficients. Those that would be negative are left out, the most negative one first."""
    found = np.zeros(4)
    free = np.arange(4)
    while free.size:
        squares = sums[np.ix_(free, free)] + _RIDGE * np.eye(free.size)
        found[free] = np.linalg.solve(squares, sums[free, 4])
        worst = found[free].argmin()
        if found[free[worst]] >= 0:
            break
        found[free[worst]] = 0
        free = np.delete(free, worst)
    return StepCost(*(found * _SCALE).tolist())
