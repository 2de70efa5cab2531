"""The keys of one moment, by their secrets."""

import hmac
from collections.abc import Iterable, Iterator

from service.keys.key import Key, digest


class Ring:
    """Immutable."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = tuple(keys)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def find(self, secret: str) -> Key | None:
        """Whose secret this is. All digests are compared in full, so the time tells nothing of any of them."""
        shown = digest(secret)
        found = None
        for key in self._keys:
            if hmac.compare_digest(key.digest, shown):
                found = key
        return found
