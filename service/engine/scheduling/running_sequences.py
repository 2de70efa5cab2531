"""The running sequences, in order of urgency."""

from collections.abc import Iterator
from operator import attrgetter

from sortedcontainers import SortedKeyList

from service.engine.scheduling.sequence import Sequence


class RunningSequences:
    """Holds the running sequences, and counts the places that they take."""

    def __init__(self) -> None:
        self._by_urgency: SortedKeyList[Sequence] = SortedKeyList(key=attrgetter("urgency"))
        self.num_places = 0  # the most rows of a step that decodes all of them: one for each, and more for beams

    def __len__(self) -> int:
        return len(self._by_urgency)

    def __iter__(self) -> Iterator[Sequence]:
        """The most urgent one first."""
        return iter(self._by_urgency)

    @property
    def least_urgent(self) -> Sequence:
        last: Sequence = self._by_urgency[-1]
        return last

    def add(self, sequence: Sequence) -> None:
        """Give a sequence its places."""
        self._by_urgency.add(sequence)
        self.num_places += sequence.width

    def remove(self, sequence: Sequence) -> None:
        """Take a sequence's places."""
        self._by_urgency.remove(sequence)
        self.num_places -= sequence.width
