"""The waiting queue: the sequences that wait for a place, and the order in which they get one.

The sequences of one tenant start in the order of their *turns* (``prompt_turns``): by *urgency*, ``priority *
ageing_seconds + arrival``, and by the length of what the prefix cache lacks of the prompt. All waiting sequences age
alike, so ageing never changes their order, and the turn of a waiting sequence stays as it was when the sequence came.
A later sequence of better priority overtakes earlier ones, but only those that arrived at most ``ageing_seconds``
before it per step of priority.

Between tenants there is start-time fair queueing (Goyal, Vin and Cheng, 1996; for language models compare VTC,
arXiv:2401.00588). It has these rules:

- A tenant's next sequence starts at the tenant's virtual time. The virtual time then advances by the seconds that the
  sequence is expected to take: its most tokens, times the share of their most tokens that the tenant's recent sequences
  took. When the sequence ends, the difference to the seconds that it really took is settled.
- A tenant without unfinished sequences starts at the virtual time of the last start. So an idle tenant does not
  save up time, and a tenant that was served while all others were idle is not punished for it.
- Waiting counts a little too, so that no tenant starves under an endless flow of new tenants. Priority counts as it
  does within a tenant.

Preempted sequences come before all that have not started, in order of urgency. While there is a single tenant, a more
urgent sequence whose turn it is comes before them.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, count
from operator import attrgetter

from sortedcontainers import SortedKeyList

from service.engine.constraints.constraint import Constraint
from service.engine.protocol.request import Request
from service.engine.scheduling.prompt_turns import Turn, turn
from service.engine.scheduling.sequence import Sequence, SequenceStatus

_BY_URGENCY = attrgetter("urgency")
_SECONDS_PER_WAITING_SECOND = 0.01  # virtual seconds that a second of waiting is worth
_DECAY = 0.99  # the weight of a step is multiplied by this with each later step
_NEWEST_WEIGHT = 0.1  # of the newest sequence in the running mean of the share used


@dataclass(slots=True)
class _Tenant:
    """A tenant with unfinished sequences."""

    virtual_time: float  # in seconds; the next sequence starts at this time
    waiting: "SortedKeyList[Sequence]"  # in the order of their turns
    num_unfinished: int = 0
    used_share: float = 1.0  # running mean of the tokens that its sequences took, as a share of their most tokens


class WaitingQueue:
    """Holds the waiting sequences in order. The scheduler decides how many of them start."""

    def __init__(self, ageing_seconds: float, count_cached: Callable[[Sequence], int]) -> None:
        """``count_cached`` says how many of a sequence's tokens the prefix cache has."""
        self._ageing_seconds = ageing_seconds
        self._count_cached = count_cached
        self._turn_of: dict[Sequence, Turn] = {}  # of those that have not started, as they were when each one came
        self._arrival_numbers = count()
        self._tenants: dict[str, _Tenant] = {}
        self._preempted: SortedKeyList[Sequence] = SortedKeyList(key=_BY_URGENCY)
        self._num_waiting = 0
        self._virtual_time = 0.0  # in seconds: that of the last start
        self._charged_seconds: dict[Sequence, float] = {}  # started sequence -> seconds that its tenant was charged
        self._tokens, self._seconds = 1000.0, 1.0  # weighted sums over the steps so far, which begin with a guess

    def __len__(self) -> int:
        return self._num_waiting

    @property
    def num_tenants(self) -> int:
        """The number of tenants with unfinished sequences."""
        return len(self._tenants)

    def add(self, request: Request, adapter: int = 0, constraint: Constraint | None = None) -> Sequence:
        """Queue a new sequence for ``request``. ``adapter`` is the number of its adapter; 0: it has none."""
        urgency = request.priority * self._ageing_seconds + request.arrival
        sequence = Sequence(
            request,
            adapter,
            constraint,
            urgency=(urgency, next(self._arrival_numbers)),
            token_seconds=self._seconds_per_token,
        )
        self._turn_of[sequence] = turn(
            sequence, sequence.num_source + sequence.num_tokens - self._count_cached(sequence)
        )
        tenant = self._tenants.get(request.tenant)
        if tenant is None:
            waiting: SortedKeyList[Sequence] = SortedKeyList(key=self._turn_of.__getitem__)
            tenant = self._tenants[request.tenant] = _Tenant(self._virtual_time, waiting)
        tenant.num_unfinished += 1
        tenant.waiting.add(sequence)
        self._num_waiting += 1
        return sequence

    def in_order(self) -> Iterator[Sequence]:
        """All waiting sequences in the order in which they should start. Change nothing while you iterate."""
        if len(self._tenants) > 1:
            by_tenant = (self._turns(tenant) for tenant in self._tenants.values() if tenant.waiting)
            return chain(self._preempted, (sequence for _, _, sequence in heapq.merge(*by_tenant)))
        return heapq.merge(self._preempted, *(tenant.waiting for tenant in self._tenants.values()), key=_BY_URGENCY)

    def start(self, sequence: Sequence) -> None:
        """Remove a sequence, because it runs now. At its first start its tenant is charged."""
        self._remove(sequence)
        if sequence not in self._charged_seconds:
            tenant = self._tenants[sequence.request.tenant]
            seconds = self._expected_seconds(sequence, tenant)
            self._virtual_time = max(self._virtual_time, tenant.virtual_time)
            self._charged_seconds[sequence] = seconds
            tenant.virtual_time += seconds

    def requeue(self, sequence: Sequence) -> None:
        """Put a preempted sequence back into the queue."""
        self._preempted.add(sequence)
        self._num_waiting += 1

    def finish(self, sequence: Sequence) -> None:
        """Settle what a sequence has cost its tenant. The sequence may be running or, if it is aborted, waiting."""
        if sequence.status is not SequenceStatus.RUNNING:
            self._remove(sequence)
        tenant = self._tenants[sequence.request.tenant]
        charged_seconds = self._charged_seconds.pop(sequence, None)
        if charged_seconds is not None:
            used = (sequence.num_tokens if sequence.num_generated else sequence.num_computed) - sequence.num_cached
            used += sequence.num_source + (sequence.width - 1) * sequence.num_generated
            most = _most_tokens(sequence)
            tenant.used_share += _NEWEST_WEIGHT * (used / most - tenant.used_share)
            settled = tenant.virtual_time + used * self._seconds_per_token - charged_seconds
            tenant.virtual_time = max(self._virtual_time, settled)
        tenant.num_unfinished -= 1
        if not tenant.num_unfinished:
            del self._tenants[sequence.request.tenant]

    def record_step_time(self, num_tokens: int, seconds: float) -> None:
        """Learn that a step with ``num_tokens`` tokens took ``seconds``."""
        self._tokens = _DECAY * self._tokens + num_tokens
        self._seconds = _DECAY * self._seconds + seconds

    def _remove(self, sequence: Sequence) -> None:
        if sequence.num_preemptions:
            self._preempted.remove(sequence)
        else:
            self._tenants[sequence.request.tenant].waiting.remove(sequence)
            del self._turn_of[sequence]
        self._num_waiting -= 1

    @property
    def _seconds_per_token(self) -> float:
        """The engine's seconds for one token."""
        return self._seconds / self._tokens

    def _expected_seconds(self, sequence: Sequence, tenant: _Tenant) -> float:
        """The engine's seconds that the sequence is expected to take."""
        return _most_tokens(sequence) * tenant.used_share * self._seconds_per_token

    def _turns(self, tenant: _Tenant) -> Iterator[tuple[float, int, Sequence]]:
        """The tenant's sequences in order, each with its turn: its virtual time if all others before it have started.

        The turn also counts priority and arrival; the second number decides between equal turns.
        """
        virtual_time = tenant.virtual_time
        for sequence in tenant.waiting:
            request = sequence.request
            ageing = request.priority * self._ageing_seconds + request.arrival * _SECONDS_PER_WAITING_SECOND
            yield virtual_time + ageing, sequence.urgency[1], sequence
            virtual_time += self._expected_seconds(sequence, tenant)


def _most_tokens(sequence: Sequence) -> int:
    """The most tokens that a sequence computes, with those of all its beams and the positions of its source."""
    return sequence.num_source + sequence.num_prompt + sequence.width * sequence.params.max_tokens
