"""Routers: which replica gets a request. A router knows what it has sent, and what has ended; no more."""

from collections.abc import Callable
from typing import Protocol

from benchmarks.simulate.load import Arrival
from benchmarks.simulate.machine import Machine
from service.routing.prefix_index import PrefixIndex

IMBALANCE = 1.5  # times the mean of all replicas: the most that a replica may have to do for the sake of a prefix
FEW_STEPS = 4  # where there is little to do anywhere, a mean says nothing
_CHUNK = 64  # tokens of a prompt that a router compares as one


class Router(Protocol):
    """One policy."""

    def choose(self, arrival: Arrival) -> int:
        """The number of the replica that gets the request."""

    def ended(self, arrival: Arrival, replica: int) -> None:
        """A request of this replica is done."""


class RoundRobin:
    """Each replica in turn."""

    def __init__(self, replicas: int, machine: Machine) -> None:
        self._replicas = replicas
        self._next = 0

    def choose(self, arrival: Arrival) -> int:
        chosen, self._next = self._next, (self._next + 1) % self._replicas
        return chosen

    def ended(self, arrival: Arrival, replica: int) -> None: ...


class LeastTokens:
    """The replica with the fewest tokens of prompts and outputs of requests that are not done; the first of several."""

    def __init__(self, replicas: int, machine: Machine) -> None:
        self.outstanding = [0] * replicas

    def choose(self, arrival: Arrival) -> int:
        chosen = min(range(len(self.outstanding)), key=self.outstanding.__getitem__)
        self.outstanding[chosen] += arrival.size
        return chosen

    def ended(self, arrival: Arrival, replica: int) -> None:
        self.outstanding[replica] -= arrival.size


class PrefixAware(LeastTokens):
    """The replica that got the longest beginning of the prompt before, unless it has too much to do.

    Too much is more than ``imbalance`` times the mean of all, this request included, and more than the tokens of
    ``FEW_STEPS`` full steps. Of several, and without any, the replica with the least tokens gets the request. What a
    replica has cached is guessed: the last beginnings that were sent there, as many tokens as its cache holds.
    """

    def __init__(self, replicas: int, machine: Machine, imbalance: float = IMBALANCE) -> None:
        super().__init__(replicas, machine)
        self._imbalance = imbalance
        self._few = FEW_STEPS * machine.max_batch_tokens
        self._sent: PrefixIndex[int] = PrefixIndex(max(1, machine.num_blocks * machine.block_size // _CHUNK))

    def choose(self, arrival: Arrival) -> int:
        beginnings = _beginnings(arrival)
        mean = sum(self.outstanding) / len(self.outstanding)
        most = max(self._imbalance * (mean + arrival.size), self._few)
        able = [n for n, tokens in enumerate(self.outstanding) if tokens + arrival.size <= most]
        lengths = {n: self._sent.matches(n, beginnings) for n in able}
        chosen = min(able, key=lambda n: (-lengths[n], self.outstanding[n], n))
        self.outstanding[chosen] += arrival.size
        self._sent.add(chosen, beginnings)
        return chosen


def _beginnings(arrival: Arrival) -> list[int]:
    """A number for each beginning of the prompt of whole chunks: equal beginnings have equal numbers."""
    ids, numbers, before = arrival.prompt_ids(), [], 0
    for begin in range(0, len(ids) - _CHUNK + 1, _CHUNK):
        before = hash((before, ids[begin : begin + _CHUNK]))
        numbers.append(before)
    return numbers


POLICIES: dict[str, Callable[[int, Machine], Router]] = {
    "round-robin": RoundRobin,
    "least-tokens": LeastTokens,
    "prefix-aware": PrefixAware,
}
