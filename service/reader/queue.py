"""Windows that wait, and which of them are computed together. Knows nothing of models."""

from collections.abc import Collection
from dataclasses import dataclass

from service.reader.messages import EncodedWindow, ReadRequest


@dataclass(frozen=True, slots=True)
class Waiting:
    """A window of a request. ``number`` counts arrivals, ``turn`` tokens: where its tenant's turn comes."""

    request: str
    index: int
    window: EncodedWindow
    priority: int
    turn: int
    number: int
    tenant: str

    def __len__(self) -> int:
        return len(self.window.tokens)


class Queue:
    """Owns what waits. A batch has at most ``max_tokens`` tokens with its padding, or one window.

    Tenants take turns, token for token, as in ``engine/queue``: who has many windows does not make others wait for all
    of them.
    """

    def __init__(self, max_tokens: int) -> None:
        self._max_tokens = max_tokens
        self._waiting: list[Waiting] = []
        self._arrivals = 0
        self._turn = 0  # of the last window that was first in a batch
        self._turns: dict[str, int] = {}  # tenant -> where its next window comes, if that is later

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, read: ReadRequest) -> None:
        """Its windows wait behind its tenant's of the same priority."""
        turn = max(self._turn, self._turns.get(read.tenant, 0))
        for index, window in enumerate(read.windows):
            if index in read.done:
                continue
            self._waiting.append(Waiting(read.id, index, window, read.priority, turn, self._arrivals, read.tenant))
            self._arrivals += 1
            turn += len(window.tokens)
        self._turns[read.tenant] = turn

    def abort(self, requests: Collection[str]) -> None:
        """Forget the windows of these requests."""
        given_up = {each.tenant for each in self._waiting if each.request in requests}
        self._waiting = [each for each in self._waiting if each.request not in requests]
        for tenant in given_up:
            ends = (each.turn + len(each) for each in self._waiting if each.tenant == tenant)
            self._turns[tenant] = max(ends, default=self._turn)

    def take(self) -> list[Waiting]:
        """The next batch: who is first, and with him those of about his length, so that little is padding."""
        if not self._waiting:
            return []
        first = min(self._waiting, key=lambda each: (each.priority, each.turn, each.number))
        self._turn = max(self._turn, first.turn)
        self._turns = {tenant: turn for tenant, turn in self._turns.items() if turn > self._turn}
        near = sorted(
            self._waiting, key=lambda each: (each.priority, abs(len(each) - len(first)), each.turn, each.number)
        )
        batch: list[Waiting] = []
        longest = 0
        for each in near:
            longest = max(longest, len(each))
            if batch and longest * (len(batch) + 1) > self._max_tokens:
                break
            batch.append(each)
        taken = {each.number for each in batch}
        self._waiting = [each for each in self._waiting if each.number not in taken]
        return batch
