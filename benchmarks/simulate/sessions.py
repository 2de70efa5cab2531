"""Loads by chance: conversations that arrive at random times, under a few instructions that many of them share.

The distribution, all of whose parts are drawn with one seed:

- Conversations begin as a Poisson process. Each has one of ``SYSTEMS`` instructions: number k is 1/k times as likely as
  the first (Zipf), and has ``SYSTEM_TOKENS`` tokens on average.
- A conversation has further turns, each with the probability ``ANOTHER_TURN``. Its prompt is all that was said before
  and what the user adds. A turn comes ``THINK_SECONDS`` on average (exponential) after the one before.
- Users add, and models answer, numbers of tokens of log-normal distributions with the medians ``USER_TOKENS`` and
  ``OUTPUT_TOKENS`` and the shape ``SIGMA``.

Turns do not wait for answers: the load is open, as that of many users is, and the same for all policies.
"""

import math
import random
from dataclasses import dataclass

from benchmarks.simulate.load import Arrival, Piece

SYSTEMS = 12
SYSTEM_TOKENS = 384
ANOTHER_TURN = 0.6
THINK_SECONDS = 20.0
USER_TOKENS, OUTPUT_TOKENS = 48, 64
SIGMA = 0.8
_LONGEST = 512  # tokens that a user adds, or a model answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """The numbers of a load. ``rate`` is requests per second; ``context`` the most tokens of prompt and output."""

    rate: float
    requests: int
    context: int
    seed: int = 0


def make_load(sessions: Sessions) -> list[Arrival]:
    """The load, in the order of time."""
    generator = random.Random(sessions.seed)
    systems = [_around(generator, SYSTEM_TOKENS, 4 * SYSTEM_TOKENS) for _ in range(SYSTEMS)]
    systems = [min(tokens, sessions.context // 4) for tokens in systems]
    turns_of_a_session = 1 / (1 - ANOTHER_TURN)
    arrivals: list[Arrival] = []
    begin, number = 0.0, 0
    while len(arrivals) < sessions.requests * 1.5 + 32:  # turns reach beyond the end, which is cut
        begin += generator.expovariate(sessions.rate / turns_of_a_session)
        arrivals += _session(generator, number, begin, systems, sessions.context)
        number += 1
    whole = sorted((each for each in arrivals if each.time <= begin), key=lambda each: each.time)
    return whole[: sessions.requests]


def _session(generator: random.Random, number: int, begin: float, systems: list[int], context: int) -> list[Arrival]:
    (system,) = generator.choices(range(len(systems)), weights=[1 / (k + 1) for k in range(len(systems))])
    prompt = [Piece(f"system-{system}", systems[system])]
    arrivals: list[Arrival] = []
    time, turn = begin, 0
    while True:
        prompt.append(Piece(f"user-{number}-{turn}", _around(generator, USER_TOKENS, _LONGEST)))
        output = Piece(f"answer-{number}-{turn}", _around(generator, OUTPUT_TOKENS, _LONGEST))
        arrival = Arrival(time, tuple(prompt), output)
        if arrival.size > context:
            return arrivals
        arrivals.append(arrival)
        if generator.random() > ANOTHER_TURN:
            return arrivals
        prompt.append(output)
        time += generator.expovariate(1 / THINK_SECONDS)
        turn += 1


def _around(generator: random.Random, median: int, most: int) -> int:
    return max(1, min(most, round(generator.lognormvariate(math.log(median), SIGMA))))
