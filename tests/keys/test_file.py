"""The file of keys: who may read it, what it holds, and how a running service sees it change."""

import json
import logging
import os
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.api.requests.fields import SamplingFields
from service.errors import ExpiredKey, KeyFileError, UnknownKey
from service.keys import watched_file
from service.keys.authenticator import KeyAuthenticator
from service.keys.file import KeyFile
from service.keys.key import MOST_URGENT, Scope, digest, new_secret
from service.keys.key_set import KeySet
from service.keys.watched_file import WatchedKeyFile
from tests.keys.making import Clock, add_key, key


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(watched_file, "time", clock)
    return clock


def names(keys: KeySet) -> list[str]:
    return [each.name for each in keys]


def test_secrets_are_long_known_by_their_beginning_and_never_kept(path: Path) -> None:
    secret = add_key(path, "a", Scope.GENERATE)
    assert secret.startswith("tv-")
    assert len(secret) == len("tv-") + 43  # 256 bits
    assert len({new_secret() for _ in range(100)}) == 100
    assert secret[3:] not in path.read_text(encoding="utf-8")
    [kept] = KeyFile(path).read()
    assert (kept.name, kept.scopes, kept.digest) == ("a", {Scope.GENERATE}, digest(secret))


def test_only_the_owner_may_read_it_whatever_it_was_before(path: Path) -> None:
    add_key(path, "a")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    add_key(path, "b")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(each.name for each in path.parent.iterdir()) == ["keys.json", "keys.json.lock"]


def test_what_was_written_can_be_read_and_is_written_only_if_it_can(path: Path) -> None:
    limits = {"requests_per_minute": 5, "tokens_per_minute": 6, "priority": -7}
    made = key("a", "s", Scope.ANSWER, **limits, expires=datetime(2030, 1, 2, tzinfo=UTC))
    KeyFile(path).add(made)
    assert KeyFile(path).read() == [made]
    before = path.read_bytes()
    for wrong in ({"requests_per_minute": 0}, {"priority": MOST_URGENT - 1}, {"expires": datetime(2030, 1, 2)}):
        with pytest.raises(KeyFileError):
            KeyFile(path).add(key("b", "t", **wrong))
    for name in ("", "-a", "a b", "a\n", "x" * 65, "ä"):
        with pytest.raises(KeyFileError):
            KeyFile(path).add(key(name, "t"))
    assert path.read_bytes() == before


def test_priorities_are_those_of_requests() -> None:
    bounds = SamplingFields.model_json_schema()["properties"]["priority"]["anyOf"][0]
    assert (bounds["minimum"], bounds["maximum"]) == (MOST_URGENT, -MOST_URGENT)


def test_names_are_unique_and_must_be_known_to_be_revoked(path: Path) -> None:
    add_key(path, "a")
    with pytest.raises(KeyFileError, match="already a key with the name a"):
        add_key(path, "a")
    with pytest.raises(KeyFileError, match="no key with the name b"):
        KeyFile(path).revoke("b")
    KeyFile(path).revoke("a")
    assert KeyFile(path).read() == []


def test_many_who_add_at_once_lose_nothing(path: Path) -> None:
    threads = [threading.Thread(target=add_key, args=(path, f"key{i}")) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.name for each in KeyFile(path).read()) == [f"key{i}" for i in range(8)]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_key(path, "a")
    before = path.read_bytes()

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(KeyFileError, match="No space left"):
        add_key(path, "b")
    assert path.read_bytes() == before
    assert sorted(each.name for each in path.parent.iterdir()) == ["keys.json", "keys.json.lock"]


def _twice(what: str) -> dict[str, Any]:
    one = {"name": "a", "digest": "0" * 64, "scopes": ["answer"], "created": "2026-01-01T00:00:00Z"}
    other = one | {"name": "b", "digest": "1" * 64}
    return {"keys": [one, other | {what: one[what]}]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "\xff",
        '{"keys": [{"name": "a"}]}',
        '{"keys": [], "more": 1}',
        json.dumps(_twice("name")),
        json.dumps(_twice("digest")),
    ],
)
def test_what_is_no_file_of_keys_is_refused_by_its_name(path: Path, text: str) -> None:
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(KeyFileError, match=r"keys\.json is not a file of keys"):
        KeyAuthenticator(KeyFile(path))


def test_a_missing_file_is_refused(path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"cannot read .*keys\.json: No such file"):
        KeyAuthenticator(KeyFile(path))


def test_changes_hold_after_a_second_at_most(path: Path, clock: Clock) -> None:
    add_key(path, "a")
    watched = WatchedKeyFile(KeyFile(path))
    add_key(path, "b")
    clock.now += 0.9
    assert names(watched.current()) == ["a"]
    clock.now += 0.2
    assert names(watched.current()) == ["a", "b"]
    KeyFile(path).revoke("a")
    clock.now += 1
    keys = watched.current()
    assert names(keys) == ["b"]
    clock.now += 1
    assert watched.current() is keys  # what has not changed is not read


@pytest.mark.parametrize("broken", [b"{", None])
def test_a_file_that_breaks_leaves_the_keys_that_were_read_and_is_told_once(
    path: Path, clock: Clock, broken: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    add_key(path, "a")
    watched = WatchedKeyFile(KeyFile(path))
    if broken is None:
        path.unlink()
    else:
        path.write_bytes(broken)
    for _ in range(3):
        clock.now += 1
        assert names(watched.current()) == ["a"]
    [line] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "the keys that were read before stay valid" in line.getMessage()
    path.unlink(missing_ok=True)
    add_key(path, "b")
    clock.now += 1
    assert names(watched.current()) == ["b"]


def test_a_caller_is_found_by_his_secret_until_it_expires_or_is_revoked(path: Path, clock: Clock) -> None:
    now = datetime.now(UTC)
    late, early = (add_key(path, f"k{days}", expires=now + timedelta(days=days)) for days in (-1, 1))
    mine, other = add_key(path, "mine", Scope.ANSWER, priority=3), add_key(path, "other")
    authenticator = KeyAuthenticator(KeyFile(path))
    found = authenticator.authenticate(mine)
    assert (found.name, found.scopes, found.priority) == ("mine", {Scope.ANSWER}, 3)
    assert authenticator.authenticate(early).name == "k1"
    with pytest.raises(ExpiredKey):
        authenticator.authenticate(late)
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
