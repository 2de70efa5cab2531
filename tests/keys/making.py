"""Keys for tests."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from service.keys.file import KeyFile
from service.keys.key import Key, Scope, digest, new_secret


def key(name: str, secret: str, *scopes: Scope, **fields: Any) -> Key:
    """A key with this secret."""
    return Key(name=name, digest=digest(secret), scopes=frozenset(scopes or Scope), created=datetime.now(UTC), **fields)


def add_key(path: Path, name: str, *scopes: Scope, **fields: Any) -> str:
    """Add a key to a file, and return its secret. Without scopes it has all of them."""
    secret = new_secret()
    KeyFile(path).add(key(name, secret, *scopes, **fields))
    return secret


def bearer(secret: str) -> dict[str, str]:
    """The header that sends this secret."""
    return {"authorization": f"Bearer {secret}"}
