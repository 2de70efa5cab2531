"""The key file: its permissions, its contents, and what is refused."""

import json
import os
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.api.requests.sampling_fields import SamplingFields
from service.errors import KeyFileError
from service.keys.authenticator import KeyAuthenticator
from service.keys.file import KeyFile
from service.keys.key import MOST_URGENT, Scope, digest, new_secret
from tests.keys.making import add_key, key


def test_secrets_are_long_recognizable_and_never_stored(path: Path) -> None:
    secret = add_key(path, "a", Scope.GENERATE)
    assert secret.startswith("tv-")
    assert len(secret) == len("tv-") + 43  # 256 bits
    assert len({new_secret() for _ in range(100)}) == 100
    assert secret[3:] not in path.read_text(encoding="utf-8")
    [stored] = KeyFile(path).read()
    assert (stored.name, stored.scopes, stored.digest) == ("a", {Scope.GENERATE}, digest(secret))


def test_only_the_owner_may_read_the_file_whatever_its_mode_was(path: Path) -> None:
    add_key(path, "a")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    add_key(path, "b")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(each.name for each in path.parent.iterdir()) == ["keys.json", "keys.json.lock"]


def test_only_keys_that_can_be_read_back_are_written(path: Path) -> None:
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


def test_keys_and_requests_have_the_same_range_of_priorities() -> None:
    bounds = SamplingFields.model_json_schema()["properties"]["priority"]["anyOf"][0]
    assert (bounds["minimum"], bounds["maximum"]) == (MOST_URGENT, -MOST_URGENT)


def test_names_are_unique_and_only_known_names_can_be_revoked(path: Path) -> None:
    add_key(path, "a")
    with pytest.raises(KeyFileError, match="already a key with the name a"):
        add_key(path, "a")
    with pytest.raises(KeyFileError, match="no key with the name b"):
        KeyFile(path).revoke("b")
    KeyFile(path).revoke("a")
    assert KeyFile(path).read() == []


def test_concurrent_additions_lose_nothing(path: Path) -> None:
    threads = [threading.Thread(target=add_key, args=(path, f"key{i}")) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.name for each in KeyFile(path).read()) == [f"key{i}" for i in range(8)]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_key(path, "a")
    before = path.read_bytes()

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(KeyFileError, match="No space left"):
        add_key(path, "b")
    assert path.read_bytes() == before
    assert sorted(each.name for each in path.parent.iterdir()) == ["keys.json", "keys.json.lock"]


def _two_keys_with_the_same(field: str) -> dict[str, Any]:
    one = {"name": "a", "digest": "0" * 64, "scopes": ["answer"], "created": "2026-01-01T00:00:00Z"}
    other = one | {"name": "b", "digest": "1" * 64}
    return {"keys": [one, other | {field: one[field]}]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "\xff",
        '{"keys": [{"name": "a"}]}',
        '{"keys": [], "more": 1}',
        json.dumps(_two_keys_with_the_same("name")),
        json.dumps(_two_keys_with_the_same("digest")),
    ],
)
def test_an_invalid_file_is_refused_by_its_name(path: Path, text: str) -> None:
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(KeyFileError, match=r"keys\.json is not a file of keys"):
        KeyAuthenticator(KeyFile(path))


def test_a_missing_file_is_refused(path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"cannot read .*keys\.json: No such file"):
        KeyAuthenticator(KeyFile(path))
