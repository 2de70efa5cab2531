"""A key as it is kept: what its holder may do, and the digest of its secret.

The secret has 256 random bits, so its plain SHA-256 tells nothing: there is nothing to guess that salt or a slow hash
would protect, and a slow one would let anybody burn the processor with wrong keys.
"""

import hashlib
import secrets
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

MOST_URGENT = -1000  # the API's priorities go from here to its opposite
PREFIX = "tv-"  # by which people and scanners of source code know what they have found


class Scope(StrEnum):
    """What a key is good for."""

    GENERATE = "generate"
    TRANSLATE = "translate"
    ANSWER = "answer"
    METRICS = "metrics"
    ADMIN = "admin"  # all of these, and whatever a route has not named a scope for


NAME = r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z"
PerMinute = Annotated[int, Meta(ge=1, le=10**12)]
Moment = Annotated[datetime, Meta(tz=True)]


class Key(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``priority`` is the most urgent, so the lowest, that a request may have. None is no limit, or no end."""

    name: Annotated[str, Meta(pattern=NAME)]
    digest: Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    scopes: Annotated[frozenset[Scope], Meta(min_length=1)]
    requests_per_minute: PerMinute | None = None
    tokens_per_minute: PerMinute | None = None
    priority: Annotated[int, Meta(ge=MOST_URGENT, le=-MOST_URGENT)] = 0
    created: Moment
    expires: Moment | None = None


def new_secret() -> str:
    """A secret that nobody has had before."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of a secret: its SHA-256, in hexadecimal."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
