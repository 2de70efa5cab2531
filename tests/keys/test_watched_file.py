"""A key file that changes while the service runs."""

import logging
from pathlib import Path

import pytest

from service.keys.file import KeyFile
from service.keys.key_set import KeySet
from service.keys.watched_file import WatchedKeyFile
from tests.fakes.clock import Clock
from tests.keys.making import add_key


def names(keys: KeySet) -> list[str]:
    return [each.name for each in keys]


def test_a_change_takes_effect_within_a_second(path: Path, clock: Clock) -> None:
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
    assert watched.current() is keys  # an unchanged file is not read again


@pytest.mark.parametrize("broken", [b"{", None])
def test_a_file_that_becomes_unreadable_keeps_the_old_keys_and_is_logged_once(
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
