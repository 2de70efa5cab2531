"""An immutable set of keys, searched by secret."""

import hmac
from collections.abc import Iterable, Iterator

from service.keys.key import Key, digest


class KeySet:
    """All keys of the key file at one moment."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = tuple(keys)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def find(self, secret: str) -> Key | None:
        """The key with this secret, or None.

        Every digest is compared in full and in constant time, so that the duration reveals nothing about any key.
        """
        secret_digest = digest(secret)
        found = None
        for key in self._keys:
            if hmac.compare_digest(key.digest, secret_digest):
                found = key
        return found
