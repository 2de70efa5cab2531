"""The order in which a router tries replicas. Knows nothing of Ray."""

from collections.abc import Hashable
from typing import TypeVar

Replica = TypeVar("Replica", bound=Hashable)


def ranked(loads: dict[Replica, int], matches: dict[Replica, int], *, imbalance: int) -> list[list[Replica]]:
    """The replicas in ranks, the best first.

    The replica with the longest match is the best, unless it has more than ``imbalance`` requests more than the one
    with the fewest. The others follow by their number of requests.
    """
    by_load = sorted(loads, key=loads.__getitem__)
    allowed = [replica for replica in by_load if loads[replica] <= loads[by_load[0]] + imbalance]
    best = max(allowed, key=lambda replica: matches[replica])  # of equal matches the one with the fewest requests
    return [[best], *([replica] for replica in by_load if replica != best)]
