"""Who waits for a place, and in which order they get one.

The sequences of one tenant start in order of their *urgency*, ``priority * ageing_seconds + arrival``. Since all who
wait age alike, ageing changes no order among them and the key never changes; a late comer of better priority overtakes
only so far.

Between tenants there is start-time fair queueing (Goyal, Vin and Cheng, 1996; for language models compare VTC,
arXiv:2401.00588). A tenant's next sequence begins at the tenant's virtual time, which moves on by what the sequence may
cost at worst, times the share of it that this tenant's sequences have taken of late; when it ends, the difference to
what it took is made up for. Who comes with nothing under way begins at the virtual time of the last start, so idleness
saves nothing up and work that nobody else wanted is not held against anybody. Waiting counts a little too, so that an
endless flow of new tenants starves nobody.

Who has started before and was preempted comes before all who have not. While there is a single tenant, urgency alone
decides, among these too.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, count
from operator import attrgetter

from sortedcontainers import SortedKeyList

from service.engine.protocol.types import Request
from service.engine.scheduling.sequence import Sequence

_BY_URGENCY = attrgetter("urgency")
_WAITING = 0.01  # seconds of virtual time that a second of waiting is worth
_MEMORY = 0.99  # weight of a step that is one older
_NEWS = 0.1  # weight of the newest share in their running mean


@dataclass(slots=True)
class _Tenant:
    """Somebody with sequences that have not ended."""

    time: float  # virtual seconds: where its next sequence begins
    unfinished: int = 0
    share: float = 1.0  # of the most tokens that its sequences might have had, those that they had
    waiting: "SortedKeyList[Sequence]" = field(default_factory=lambda: SortedKeyList(key=_BY_URGENCY))


class Queue:
    """Owns the order; whose turn it is is up to the scheduler."""

    def __init__(self, ageing_seconds: float) -> None:
        self._ageing_seconds = ageing_seconds
        self._numbers = count()
        self._tenants: dict[str, _Tenant] = {}
        self._preempted: SortedKeyList[Sequence] = SortedKeyList(key=_BY_URGENCY)
        self._num_waiting = 0
        self._time = 0.0  # virtual seconds: where the last sequence began
        self._tokens, self._seconds = 1000.0, 1.0  # of late; the first are a guess

    def __len__(self) -> int:
        return self._num_waiting

    def enter(self, request: Request) -> Sequence:
        """A new sequence, which waits."""
        urgency = request.priority * self._ageing_seconds + request.arrival
        sequence = Sequence(request, urgency=(urgency, next(self._numbers)))
        tenant = self._tenants.setdefault(request.tenant, _Tenant(self._time))
        tenant.unfinished += 1
        tenant.waiting.add(sequence)
        self._num_waiting += 1
        return sequence

    def in_order(self) -> Iterator[Sequence]:
        """All who wait, whose turn it is first. Nobody may start or leave while it is being read."""
        if len(self._tenants) > 1:
            heads = heapq.merge(*(self._turns(tenant) for tenant in self._tenants.values() if tenant.waiting))
            return chain(self._preempted, (sequence for _, _, sequence in heads))
        return heapq.merge(self._preempted, *(tenant.waiting for tenant in self._tenants.values()), key=_BY_URGENCY)

    def start(self, sequence: Sequence) -> None:
        """It waits no longer."""
        self._num_waiting -= 1
        if sequence.num_preemptions:
            self._preempted.remove(sequence)
            return
        tenant = self._tenants[sequence.request.tenant]
        tenant.waiting.remove(sequence)
        self._time = max(self._time, tenant.time)
        sequence.billed = self._cost(sequence, tenant)
        tenant.time += sequence.billed

    def put_back(self, sequence: Sequence) -> None:
        """It was preempted, and waits again."""
        sequence.num_preemptions += 1
        self._preempted.add(sequence)
        self._num_waiting += 1

    def leave(self, sequence: Sequence, *, waits: bool) -> None:
        """It has ended, or nobody wants it any more."""
        name = sequence.request.tenant
        tenant = self._tenants[name]
        if waits:
            (self._preempted if sequence.num_preemptions else tenant.waiting).remove(sequence)
            self._num_waiting -= 1
        if sequence.billed:
            used = (sequence.num_tokens if sequence.num_generated else sequence.num_computed) - sequence.num_cached
            tenant.share += _NEWS * (used / sequence.most_tokens - tenant.share)
            tenant.time = max(self._time, tenant.time + used * self._each - sequence.billed)
        tenant.unfinished -= 1
        if not tenant.unfinished:
            del self._tenants[name]

    def learn(self, num_tokens: int, seconds: float) -> None:
        """A step has computed so many tokens in so long."""
        self._tokens = _MEMORY * self._tokens + num_tokens
        self._seconds = _MEMORY * self._seconds + seconds

    @property
    def _each(self) -> float:
        """Seconds of the engine that a token takes."""
        return self._seconds / self._tokens

    def _cost(self, sequence: Sequence, tenant: _Tenant) -> float:
        """Seconds of the engine that it is expected to take."""
        return sequence.most_tokens * tenant.share * self._each

    def _turns(self, tenant: _Tenant) -> Iterator[tuple[float, int, Sequence]]:
        """Its sequences in order, each with its virtual time if those before it have started."""
        time = tenant.time
        for sequence in tenant.waiting:
            request = sequence.request
            turn = time + request.priority * self._ageing_seconds + request.arrival * _WAITING
            yield turn, sequence.urgency[1], sequence
            time += self._cost(sequence, tenant)
