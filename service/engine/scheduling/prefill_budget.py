"""How many prompt tokens may be computed beside those who decode, so that a step takes no longer than it should.

Chunks of prompts bound how long a stream waits for its next token (Sarathi-Serve, arXiv:2403.02310). How large they may
be depends on model, machine and load, so the time of a step is learned while serving, as

    seconds = base + each_row * rows + each_token * tokens + each_pair * pairs

with the rows that decode, the prompt tokens, and the pairs of a prompt token and a token that it sees: least squares
over the steps so far, the later ones counting more, with no coefficient below zero. The bound has two sides. Prompts
may make a step ``SLOWDOWN`` times as long as one of the same rows without any, whatever the target: where those take
most of it, all who wait for their first token would pay for the little that streams gain. And prompts always get
``FLOOR`` tokens, the first of them at least half of these.

Steps with and without prompts are forgotten apart, or a long time without prompts would make all about them forgotten.
"""

import math

import numpy as np

from service.engine.scheduling.step import Step

FLOOR = 16  # tokens
SLOWDOWN = 3.0
_AIM = 0.9  # share of the target that is planned with, since half of all steps take longer than expected
_MEMORY = 0.97  # weight of a step that is one older
_SCALE = np.array([1.0, 1 / 16, 1 / 256, 1 / (256 * 1024)])  # so that all features are about 1
_RIDGE = 1e-6


class Pace:
    """Learns what steps cost. Knows no clock: it is told how long they took."""

    def __init__(self, target: float) -> None:
        """``target`` is the longest that a step with decodes should take, in seconds. 0: as long as it likes."""
        self.target = target
        self._sums = [np.zeros((4, 5)) for _ in range(2)]  # without prompts and with: of x times (x, seconds)
        self._largest = 0  # prompt tokens of one step so far

    def allowance(self, rows: int, start: int) -> float:
        """Prompt tokens beside ``rows`` that decode, where the first of them is at position ``start``; at least FLOOR.

        Not many more than a step has had so far, as nothing is known about those.
        """
        if not self.target or not rows:
            return math.inf
        base, each_row, each_token, each_pair = _fit(self._sums[0] + self._sums[1])
        alone = _fit(self._sums[0])  # where all steps were alike, the fit of all cannot tell rows from prompts
        bound = max(self.target, SLOWDOWN * (alone[0] + alone[1] * rows))
        seconds = bound * _AIM - base - each_row * rows
        slope = each_token + each_pair * start
        most = 2.0 * self._largest
        if seconds <= 0:
            most = 0
        elif slope or each_pair:  # tokens * slope + tokens^2 / 2 * each_pair = seconds
            most = min(most, 2 * seconds / (slope + math.sqrt(slope**2 + 2 * each_pair * seconds)))
        return max(FLOOR, int(most))

    def learn(self, step: Step, seconds: float) -> None:
        """A step took so long."""
        if not self.target or not step.chunks:
            return
        prompts = [(chunk.start, chunk.num_tokens) for chunk in step.chunks if chunk.num_tokens > 1]
        tokens = sum([count for _, count in prompts])
        pairs = sum([count * (start + count / 2) for start, count in prompts])
        features = _SCALE * (1, len(step.chunks) - len(prompts), tokens, pairs)
        sums = self._sums[bool(prompts)]
        sums *= _MEMORY
        sums += np.outer(features, (*features, seconds))
        self._largest = max(self._largest, tokens)


def _fit(sums: np.ndarray) -> list[float]:
    """The coefficients that fit best, without those that would have to be negative."""
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
    values: list[float] = (found * _SCALE).tolist()
    return values
