"""The requests that a child process has not finished, across its restarts, and which of them crash it.

A crash is counted against every request that was being computed. New output resets a request's count. One crash proves
nothing: all requests are sent again together. A request with two crashes is quarantined: quarantined requests are sent
before all others, one at a time. A request that is alone in its second crash, or a later one, is a poison pill. Other
requests never fail because of it.
"""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

_QUARANTINE_CRASHES = 2  # without output in between


@dataclass(slots=True)
class InFlight(Generic[T]):
    """A request and its state in the current process."""

    id: str
    item: T
    sent: bool = False
    has_output: bool = False
    crash_count: int = 0


@dataclass(slots=True, frozen=True)
class CrashOutcome(Generic[T]):
    """The consequences of a crash. ``made_progress``: the process gave output, or a poison pill was identified."""

    made_progress: bool
    poison_pills: list[T]


class InFlightTable(Generic[T]):
    """Owns the requests in flight, in order of arrival."""

    def __init__(self) -> None:
        self._entries: dict[str, InFlight[T]] = {}
        self._unsent: dict[str, InFlight[T]] = {}
        self._quarantined: dict[str, InFlight[T]] = {}
        self._has_output = False  # of any request, from the current process
        self._waiters: list[tuple[set[str], asyncio.Future[None]]] = []

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, id: str, item: T) -> None:
        """Add a request that is to be sent. ``id`` is unique in the table."""
        self._entries[id] = self._unsent[id] = InFlight(id, item)

    def get(self, id: str) -> InFlight[T] | None:
        """The entry of the request, or None if the request is finished or given up."""
        return self._entries.get(id)

    def record_output(self, entry: InFlight[T]) -> None:
        """Note the first output of a request from the current process. It ends the request's quarantine."""
        entry.has_output = self._has_output = True
        entry.crash_count = 0
        self._quarantined.pop(entry.id, None)

    def remove(self, id: str) -> bool:
        """Drop a request that is finished or given up. Return whether it was in the table."""
        self._unsent.pop(id, None)
        self._quarantined.pop(id, None)
        if self._entries.pop(id, None) is None:
            return False
        self._wake_waiters([id])
        return True

    def items(self) -> list[T]:
        """All requests in the table."""
        return [entry.item for entry in self._entries.values()]

    async def wait_until_removed(self, ids: Iterable[str]) -> None:
        """Return when none of these requests is in the table."""
        if not (remaining := {id for id in ids if id in self._entries}):
            return
        waiter = remaining, asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            await waiter[1]
        finally:
            self._waiters.remove(waiter)

    def pop_due(self) -> list[T]:
        """The requests to send now; from now on they count as sent.

        Without a quarantine these are all requests that are not sent. Otherwise only the next quarantined request is
        due, after the quarantined request before it has output or is removed.
        """
        if not self._unsent:
            return []
        suspect = next(iter(self._quarantined.values()), None)
        entries = list(self._unsent.values()) if suspect is None else [] if suspect.sent else [suspect]
        for entry in entries:
            entry.sent = True
            del self._unsent[entry.id]
        return [entry.item for entry in entries]

    def clear(self) -> list[T]:
        """Empty the table. Return the requests that were in it."""
        items = self.items()
        self._wake_waiters(list(self._entries))
        for table in (self._entries, self._unsent, self._quarantined):
            table.clear()
        return items

    def record_crash(self, computing: Collection[str]) -> CrashOutcome[T]:
        """Note that the process ended while it computed these ids. All requests but poison pills are to be sent again.

        A crash while nothing was computed counts against all requests that were sent, unless the process gave output.
        """
        if not computing and not self._has_output:
            computing = [entry.id for entry in self._entries.values() if entry.sent]
        crashed = [self._entries[id] for id in computing if id in self._entries]
        for entry in crashed:
            entry.crash_count = 1 if entry.has_output else entry.crash_count + 1
        alone = len(computing) == 1
        poison_pills = [entry for entry in crashed if alone and entry.crash_count >= _QUARANTINE_CRASHES]
        for entry in poison_pills:
            self.remove(entry.id)
        outcome = CrashOutcome(self._has_output or bool(poison_pills), [entry.item for entry in poison_pills])
        self._has_output = False
        for entry in self._entries.values():
            entry.sent = entry.has_output = False
        self._unsent = dict(self._entries)
        suspects = [entry for entry in self._entries.values() if entry.crash_count >= _QUARANTINE_CRASHES]
        suspects.sort(key=lambda entry: -entry.crash_count)
        self._quarantined = {entry.id: entry for entry in suspects}
        return outcome

    def _wake_waiters(self, removed: list[str]) -> None:
        for remaining, done in self._waiters:
            remaining.difference_update(removed)
            if not remaining and not done.done():
                done.set_result(None)
