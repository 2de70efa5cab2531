"""How many replicas there are: as many as the queued tokens need."""

from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ray.serve.config import AutoscalingContext


class QueuedTokensPolicy:
    """One replica for each ``target`` tokens of prompts that have no output yet.

    A replica is taken away only if the others stay below half of their target without it, so that the number does not
    swing.
    """

    def __init__(self, target: int = 4096) -> None:
        self._target = target

    def __call__(self, context: "AutoscalingContext") -> tuple[int, dict[str, Any]]:
        """The number of replicas, and no state."""
        by_replica = (context.aggregated_metrics or {}).get("queued_tokens", {})
        queued = sum(by_replica.values())
        number = wanted_replicas(context.current_num_replicas, queued, context.total_num_requests, self._target)
        return number, {}


def wanted_replicas(current: int, queued_tokens: float, requests: float, target: int) -> int:
    """The replicas for this load: more at once, and one less at a time.

    Without a request one replica is enough; the least number is the cluster's to add.
    """
    needed = ceil(queued_tokens / target)
    if needed > current:
        return needed
    if current > 1 and queued_tokens <= target * (current - 1) / 2 and requests <= current - 1:
        return current - 1
    return current
