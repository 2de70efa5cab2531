"""Who sends a request, as everything behind the door knows him."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b

from service.errors import ExpiredKey, UnknownKey
from service.keys.file import KeyFile, WatchedKeys
from service.keys.key import MOST_URGENT, Key, Scope
from service.keys.limiter import Limiter, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """``name`` is the key's, and so the tenant's in the engine; ``priority`` the most urgent that he may ask for."""

    name: str = ""
    scopes: frozenset[Scope] = frozenset()
    priority: int = 0
    salt: str = ""  # of one length for all keys, or empty
    limits: Limits = field(default_factory=Limits)

    def may(self, scopes: Collection[Scope]) -> bool:
        """Whether he has one of these scopes, or the one that has all."""
        return Scope.ADMIN in self.scopes or not self.scopes.isdisjoint(scopes)

    def salted(self, salt: str) -> str:
        """The salt for the prefix cache: nobody else's, whatever salts requests bring themselves."""
        return f"{self.salt}/{salt}" if self.salt else salt


ANYBODY = Caller(scopes=frozenset(Scope), priority=MOST_URGENT)  # where there are no keys
NOBODY = Caller()  # who shows none where none is asked for


class Callers:
    """Those who have a key of this file. Raises KeyFileError if it cannot be read at first."""

    def __init__(self, file: KeyFile) -> None:
        self._keys = WatchedKeys(file)
        self._ring = self._keys.ring()
        self._limiter = Limiter()

    def find(self, secret: str) -> Caller:
        """Who has this secret. Raises UnknownKey, ExpiredKey."""
        ring = self._keys.ring()
        if ring is not self._ring:
            self._ring = ring
            self._limiter.keep(ring)
        key = ring.find(secret)
        if key is None:
            raise UnknownKey
        if key.expires is not None and key.expires <= datetime.now(UTC):
            raise ExpiredKey
        return Caller(
            name=key.name, scopes=key.scopes, priority=key.priority, salt=_salt(key), limits=self._limiter.of(key)
        )


def _salt(key: Key) -> str:
    """Of the secret, not of the name: who gets a name that somebody had before does not get what he left."""
    return blake2b(bytes.fromhex(key.digest), digest_size=16, person=b"prefix cache").hexdigest()
