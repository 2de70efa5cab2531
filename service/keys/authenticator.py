"""Finds the caller of a request by its secret."""

from datetime import UTC, datetime
from pathlib import Path

from service.errors import ExpiredKey, UnknownKey
from service.keys.caller import Caller
from service.keys.file import KeyFile
from service.keys.key import Key
from service.keys.key_set import KeySet
from service.keys.rate_limits import KeyLimits, RateLimiter
from service.keys.watched_file import WatchedKeyFile


class KeyAuthenticator:
    """Authenticates secrets against a key file that may change, and owns the rate limits of its keys.

    Raises KeyFileError if the file cannot be read at first.
    """

    def __init__(self, file: KeyFile) -> None:
        self._file = WatchedKeyFile(file)
        self._keys = self._file.current()
        self._limiter = RateLimiter()

    def authenticate(self, secret: str) -> Caller:
        """The caller with this secret. Raises UnknownKey or ExpiredKey."""
        return self._caller(self._current().find(secret))

    def owner(self, owner: str) -> Caller:
        """The caller that owns what is stored under this name. Raises UnknownKey or ExpiredKey."""
        for key in self._current():
            if Caller.from_key(key, KeyLimits()).owner == owner:
                return self._caller(key)
        raise UnknownKey

    def _current(self) -> KeySet:
        keys = self._file.current()
        if keys is not self._keys:
            self._keys = keys
            self._limiter.retain(keys)
        return keys

    def _caller(self, key: Key | None) -> Caller:
        if key is None:
            raise UnknownKey
        if key.expires is not None and key.expires <= datetime.now(UTC):
            raise ExpiredKey
        return Caller.from_key(key, self._limiter.limits_of(key))


def open_authenticator(path: Path | None) -> KeyAuthenticator | None:
    """An authenticator for the key file at ``path``; None without a path, when every request is allowed.

    Raises KeyFileError if the file cannot be read.
    """
    return None if path is None else KeyAuthenticator(KeyFile(path))
