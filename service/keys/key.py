"""A key as it is stored: the rights of its holder, and the digest of its secret.

A secret has 256 random bits, so a plain SHA-256 is enough: nobody can guess it, and a salt or a slow hash would protect
nothing. A slow hash would also let anyone burn processor time with wrong keys.
"""

import hashlib
import secrets
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

MOST_URGENT, LEAST_URGENT = -1000, 1000  # the API's priorities go from the first to the second
PREFIX = "tv-"  # lets people and secret scanners recognize a key


class Scope(StrEnum):
    """A right that a key can have."""

    GENERATE = "generate"
    TRANSLATE = "translate"
    ANSWER = "answer"
    EMBED = "embed"  # embeddings and similarity
    RERANK = "rerank"  # re-ranking, scores of pairs, and classification
    METRICS = "metrics"
    STATISTICS = "statistics"  # the live view of the scheduler
    ADMIN = "admin"  # all of the above, and routes that declare no scope


NAME = r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z"
PerMinute = Annotated[int, Meta(ge=1, le=10**12)]
Moment = Annotated[datetime, Meta(tz=True)]


class Key(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of the key file.

    ``priority`` is the most urgent (the lowest) priority that a request with this key may have. A limit of None means
    no limit; ``expires`` None means never.
    """

    name: Annotated[str, Meta(pattern=NAME)]
    digest: Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    scopes: Annotated[frozenset[Scope], Meta(min_length=1)]
    requests_per_minute: PerMinute | None = None
    tokens_per_minute: PerMinute | None = None
    priority: Annotated[int, Meta(ge=MOST_URGENT, le=-MOST_URGENT)] = 0
    created: Moment
    expires: Moment | None = None


def new_secret() -> str:
    """A new random secret."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """The SHA-256 of a secret, in hexadecimal: the only form in which a secret is stored."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
