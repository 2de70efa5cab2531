"""Whether guesses of the draft model pay, and how many.

With n decodes, a sequence's share of a step's seconds gives one token. A pass of the draft model gives each of m
sequences one more guess, and takes seconds whether the guess is right or not. A sequence should have as many guesses as
give the most tokens per second of its share.
"""

from collections.abc import Iterable
from dataclasses import dataclass

LEAST_GAIN = 1.05  # in tokens per second, by which guesses must be better than what there is without them


@dataclass(slots=True, frozen=True)
class Prices:
    """Seconds for one sequence."""

    step: float  # its share of a step without guesses
    proposed: float  # one more token in the step
    guess: float  # its share of a pass of the draft model


@dataclass(slots=True, frozen=True)
class Depth:
    """A number of guesses for a sequence, and the tokens per second of its share that it gives."""

    guesses: int
    speed: float


def best_depth(share: float, prices: Prices, most: int) -> Depth:
    """The best number of guesses, at most ``most``, each of which is right with the chance ``share``."""
    best = Depth(0, 1 / prices.step)
    tokens, chance = 1.0, 1.0
    for count in range(1, most + 1):
        chance *= share
        tokens += chance
        speed = tokens / (prices.step + count * (prices.proposed + prices.guess))
        if speed <= best.speed:
            break
        best = Depth(count, speed)
    return best


def speed_of_copies(chances: Iterable[float], prices: Prices) -> float:
    """The best tokens per second with proposals that are there already, and right with these chances."""
    best, tokens, seconds = 1 / prices.step, 1.0, prices.step
    for chance in chances:
        tokens += chance
        seconds += prices.proposed
        best = max(best, tokens / seconds)
    return best


def continues(chance: float, share: float, speed: float, prices: Prices) -> bool:
    """Whether one more guess pays behind guesses that are all right with ``chance``."""
    return chance * share > speed * (prices.proposed + prices.guess)
