"""The checks of address and keys."""

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.doctor import access
from service.doctor.finding import Status
from service.keys.file import KeyFile
from service.keys.key import Key, Scope, digest
from service.settings import Settings

NOW = datetime.now(UTC)


def test_a_free_address_is_free_afterwards_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        taken = access.address(Settings(port=port))
    assert taken.status is Status.PROBLEM
    assert f"127.0.0.1:{port}" in taken.facts
    for _ in range(2):
        found = access.address(Settings(port=port))
        assert (found.status, found.facts) == (Status.OK, f"127.0.0.1:{port} is free")


def test_an_address_for_others_needs_keys() -> None:
    assert access.address(Settings(host="0.0.0.0", port=0)).status is Status.PROBLEM
    assert access.address(Settings(host="0.0.0.0", port=0, allow_unauthenticated=True)).status is Status.OK


def test_without_a_keys_file_there_are_no_keys() -> None:
    assert access.keys(Settings()).status is Status.OK


@pytest.mark.parametrize("content", [None, b"{", b'{"keys": [{"name": "x"}]}'])
def test_a_keys_file_that_cannot_be_read_is_a_problem(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    if content is not None:
        path.write_bytes(content)
    found = access.keys(Settings(keys_file=path))
    assert (found.status, str(path) in found.facts) == (Status.PROBLEM, True)


@pytest.mark.parametrize(
    ("expires", "mode", "status"),
    [
        (None, 0o600, Status.OK),
        (NOW + timedelta(days=1), 0o600, Status.OK),
        (NOW - timedelta(days=1), 0o600, Status.WARNING),
        (None, 0o644, Status.WARNING),
    ],
)
def test_keys_are_counted_and_must_be_for_their_owner_alone(
    expires: datetime | None, mode: int, status: Status, tmp_path: Path
) -> None:
    path = tmp_path / "keys.json"
    key = Key(name="a", digest=digest("secret"), scopes=frozenset({Scope.ADMIN}), created=NOW, expires=expires)
    KeyFile(path).add(key)
    path.chmod(mode)
    assert access.keys(Settings(keys_file=path)).status is status
