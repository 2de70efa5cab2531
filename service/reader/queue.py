"""Windows that wait, and which of them are computed together. Knows nothing of models."""

from collections.abc import Collection
from dataclasses import dataclass

from service.reader.messages import Read, Window


@dataclass(frozen=True, slots=True)
class Waiting:
    """A window of a request. ``number`` counts arrivals."""

    request: str
    index: int
    window: Window
    priority: int
    number: int

    def __len__(self) -> int:
        return len(self.window.tokens)


class Queue:
    """Owns what waits. A batch has at most ``max_tokens`` tokens with its padding, or one window."""

    def __init__(self, max_tokens: int) -> None:
        self._max_tokens = max_tokens
        self._waiting: list[Waiting] = []
        self._arrivals = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, read: Read) -> None:
        """Its windows wait behind those of the same priority."""
        for index, window in enumerate(read.windows):
            if index in read.done:
                continue
            self._waiting.append(Waiting(read.id, index, window, read.priority, self._arrivals))
            self._arrivals += 1

    def abort(self, requests: Collection[str]) -> None:
        """Forget the windows of these requests."""
        self._waiting = [each for each in self._waiting if each.request not in requests]

    def take(self) -> list[Waiting]:
        """The next batch: who is first, and with him those of about his length, so that little is padding."""
        if not self._waiting:
            return []
        first = min(self._waiting, key=lambda each: (each.priority, each.number))
        near = sorted(self._waiting, key=lambda each: (each.priority, abs(len(each) - len(first)), each.number))
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
