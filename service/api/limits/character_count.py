"""Characters translated for each key, for clients that ask for their usage."""

from collections import Counter


class CharacterCount:
    """Counts since the service started, by the key's name. Without keys there is one count for all clients."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, key: str, count: int) -> None:
        """Add translated characters."""
        self._counts[key] += count

    def total(self, key: str) -> int:
        """The characters translated for this key since the start."""
        return self._counts[key]
