"""How many characters were translated for clients that ask what they have used."""

from collections import Counter


class CharacterCount:
    """Since the service started, for each key by its name; where there are no keys, for all clients together."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, name: str, count: int) -> None:
        """So many more."""
        self._counts[name] += count

    def of(self, name: str) -> int:
        """So far."""
        return self._counts[name]
