"""How many characters were translated for clients that ask what they have used."""

from dataclasses import dataclass


@dataclass(slots=True)
class CharacterCount:
    """Since the service started, for all clients together: it knows none of them by name."""

    total: int = 0
