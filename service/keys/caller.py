"""The key behind a request, as the rest of the service sees it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from hashlib import blake2b

from service.keys.key import MOST_URGENT, Key, Scope
from service.keys.rate_limits import KeyLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Name, rights and limits of the key that a request was sent with.

    ``name`` is also the tenant in the engine. ``priority`` is the most urgent priority that a request may ask for.
    """

    name: str = ""
    scopes: frozenset[Scope] = frozenset()
    priority: int = 0
    salt: str = ""  # has the same length for every key; empty without keys
    limits: KeyLimits = field(default_factory=KeyLimits)

    @classmethod
    def from_key(cls, key: Key, limits: KeyLimits) -> "Caller":
        """The caller of requests that are sent with this key."""
        return cls(name=key.name, scopes=key.scopes, priority=key.priority, salt=_salt(key), limits=limits)

    @property
    def owner(self) -> str:
        """Names the key in what is stored, and tells nothing else about it. Empty without keys."""
        return blake2b(self.salt.encode(), digest_size=16, person=b"owner").hexdigest() if self.salt else ""

    def has_any_scope(self, scopes: Collection[Scope]) -> bool:
        """Whether the caller has at least one of these scopes, or ``admin``."""
        return Scope.ADMIN in self.scopes or not self.scopes.isdisjoint(scopes)

    def cache_salt(self, requested: str) -> str:
        """The salt for the prefix cache: differs between keys, whatever salts their requests ask for."""
        return f"{self.salt}/{requested}" if self.salt else requested


UNRESTRICTED = Caller(scopes=frozenset(Scope), priority=MOST_URGENT)  # every request, in a service without keys
ANONYMOUS = Caller()  # a request without a key, on a route that needs none


def _salt(key: Key) -> str:
    """Derived from the secret, not from the name: a reused key name must not hit cached prefixes of the old key."""
    return blake2b(bytes.fromhex(key.digest), digest_size=16, person=b"prefix cache").hexdigest()
