"""A router of Ray Serve that sends a prompt where its beginning is cached.

Ray's own PrefixCacheAffinityRouter compares texts, in an actor that every request asks. Here the gateway has token ids,
so hashes of blocks are enough, and the index is an object of the router.
"""

from typing import Any

from ray.serve.request_router import FIFOMixin, PendingRequest, ReplicaID, RequestRouter, RunningReplica

from service.routing.prefix_index import PrefixIndex
from trivium_ray.ranking import ranked

_IMBALANCE = 8  # requests that the replica with the cached prefix may have more than the one with the fewest


class PrefixRouter(FIFOMixin, RequestRouter):
    """Chooses by the longest known prefix, within a bound on the imbalance."""

    def initialize_state(self, imbalance: int = _IMBALANCE) -> None:
        """``imbalance`` is a keyword of the router's configuration."""
        self._imbalance = imbalance
        self._index: PrefixIndex[ReplicaID] = PrefixIndex()

    async def choose_replicas(
        self, candidate_replicas: list[RunningReplica], pending_request: PendingRequest | None = None
    ) -> list[list[RunningReplica]]:
        """The candidates in ranks."""
        if not candidate_replicas:
            return []
        replicas = {replica.replica_id: replica for replica in candidate_replicas}
        blocks = _blocks_of(pending_request)
        loads = {id: self.replica_queue_len_cache.get(id) or 0 for id in replicas}
        matches = {id: self._index.matches(id, blocks) for id in replicas}
        return [[replicas[id] for id in rank] for rank in ranked(loads, matches, imbalance=self._imbalance)]

    def on_request_routed(self, pending_request: PendingRequest, replica_id: ReplicaID, result: Any) -> None:
        """Note where the prompt went."""
        self._index.add(replica_id, _blocks_of(pending_request))

    def update_replicas(self, replicas: list[RunningReplica]) -> None:
        """Forget replicas that are gone."""
        super().update_replicas(replicas)
        self._index.keep([replica.replica_id for replica in replicas])


def _blocks_of(request: PendingRequest | None) -> tuple[int, ...]:
    """The hashes of the prompt: the second argument of ``EngineReplica.generate``."""
    if request is None or len(request.args) < 2:
        return ()
    return tuple(request.args[1])
