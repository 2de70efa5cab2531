"""What a process beside this one still owes, across its deaths, and who is to blame for them.

Whoever was being computed when the process died is *charged* with it. News of him clears him. One death proves nothing:
everybody is sent again together. Who is charged twice without a word between is a *suspect* and sent again before all
others, one after another. Who dies a second time and is alone in it is *guilty*; the others never pay for him.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

_SUSPICIOUS = 2  # deaths without news between them


@dataclass(slots=True)
class Entry(Generic[T]):
    """Something that is owed, and how it stands with the process that is there now."""

    id: str
    item: T
    sent: bool = False
    gained: bool = False  # there was news of it in this life
    charges: int = 0


@dataclass(slots=True, frozen=True)
class Burial(Generic[T]):
    """What a death leaves behind. There is ``hope`` if the life was good for anything, or the guilty is found."""

    hope: bool
    guilty: list[T]


class Ledger(Generic[T]):
    """Owns the table of what is owed, in order of arrival."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry[T]] = {}
        self._unsent: dict[str, Entry[T]] = {}
        self._suspects: dict[str, Entry[T]] = {}
        self._gained = False

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, id: str, item: T) -> None:
        """``item`` is owed from now on; ``id`` is unique among all that are."""
        self._entries[id] = self._unsent[id] = Entry(id, item)

    def get(self, id: str) -> Entry[T] | None:
        """None if it is not owed any more."""
        return self._entries.get(id)

    def gain(self, entry: Entry[T]) -> None:
        """There is news of it, for the first time in this life."""
        entry.gained = self._gained = True
        entry.charges = 0
        self._suspects.pop(entry.id, None)

    def remove(self, id: str) -> bool:
        """It is delivered or given up; False if it was so already."""
        self._unsent.pop(id, None)
        self._suspects.pop(id, None)
        return self._entries.pop(id, None) is not None

    def due(self) -> list[T]:
        """What is to be sent now: the next suspect once the last one is cleared; all that wait if there is none."""
        if not self._unsent:
            return []
        trial = next(iter(self._suspects.values()), None)
        entries = list(self._unsent.values()) if trial is None else [] if trial.sent else [trial]
        for entry in entries:
            entry.sent = True
            del self._unsent[entry.id]
        return [entry.item for entry in entries]

    def clear(self) -> list[T]:
        """Nothing is owed any more; what was."""
        items = [entry.item for entry in self._entries.values()]
        for table in (self._entries, self._unsent, self._suspects):
            table.clear()
        return items

    def bury(self, computed: Collection[str]) -> Burial[T]:
        """The process has died while it was computing these. Everything but the guilty waits to be sent again.

        If it was computing nothing, the death is blamed on all that were sent, unless there was news of any of them.
        """
        if not computed and not self._gained:
            computed = [entry.id for entry in self._entries.values() if entry.sent]
        charged = [self._entries[id] for id in computed if id in self._entries]
        for entry in charged:
            entry.charges = 1 if entry.gained else entry.charges + 1
        guilty = [entry for entry in charged if len(computed) == 1 and entry.charges >= _SUSPICIOUS]
        for entry in guilty:
            self.remove(entry.id)
        burial = Burial(self._gained or bool(guilty), [entry.item for entry in guilty])
        self._gained = False
        for entry in self._entries.values():
            entry.sent = entry.gained = False
        self._unsent = dict(self._entries)
        suspects = [entry for entry in self._entries.values() if entry.charges >= _SUSPICIOUS]
        suspects.sort(key=lambda entry: -entry.charges)
        self._suspects = {entry.id: entry for entry in suspects}
        return burial
