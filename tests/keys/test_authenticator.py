"""Secrets are authenticated until their key expires or is revoked."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.errors import ExpiredKey, UnknownKey
from service.keys.authenticator import KeyAuthenticator, open_authenticator
from service.keys.file import KeyFile
from service.keys.key import Scope, digest
from tests.fakes.clock import Clock
from tests.keys.making import add_key


def test_a_secret_is_accepted_until_its_key_expires_or_is_revoked(path: Path, clock: Clock) -> None:
    now = datetime.now(UTC)
    expired, valid = (add_key(path, f"k{days}", expires=now + timedelta(days=days)) for days in (-1, 1))
    mine, other = add_key(path, "mine", Scope.ANSWER, priority=3), add_key(path, "other")
    authenticator = KeyAuthenticator(KeyFile(path))
    found = authenticator.authenticate(mine)
    assert (found.name, found.scopes, found.priority) == ("mine", {Scope.ANSWER}, 3)
    assert authenticator.authenticate(valid).name == "k1"
    with pytest.raises(ExpiredKey):
        authenticator.authenticate(expired)
    for wrong in ("", "tv-", mine[:-1], mine + "x", mine.lower(), digest(mine), "\ud800"):
        with pytest.raises(UnknownKey):
            authenticator.authenticate(wrong)
    assert (
        len({found.cache_salt(""), found.cache_salt("x"), authenticator.authenticate(other).cache_salt(""), "", "x"})
        == 5
    )
    KeyFile(path).revoke("mine")
    again = add_key(path, "mine")
    clock.now += 1
    with pytest.raises(UnknownKey):
        authenticator.authenticate(mine)
    assert authenticator.authenticate(again).cache_salt("") != found.cache_salt("")


def test_limits_last_as_long_as_their_key(path: Path, clock: Clock) -> None:
    secret = add_key(path, "a", requests_per_minute=2)
    authenticator = KeyAuthenticator(KeyFile(path))
    requests = authenticator.authenticate(secret).limits.requests
    assert requests is not None
    assert requests.try_consume(2) == 0
    add_key(path, "b")
    clock.now += 1
    assert authenticator.authenticate(secret).limits.requests is requests
    KeyFile(path).revoke("a")
    clock.now += 1
    with pytest.raises(UnknownKey):
        authenticator.authenticate(secret)


def test_without_a_key_file_there_is_no_authenticator() -> None:
    assert open_authenticator(None) is None
