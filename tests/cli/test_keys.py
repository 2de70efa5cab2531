"""``trivium keys``: add, list and revoke."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.cli.main import app
from service.errors import KeyFileError, SettingsError
from service.keys.file import KeyFile
from service.keys.key import Scope, digest
from tests.keys.making import add_key


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRIVIUM_KEYS_FILE", str(tmp_path / "keys.json"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "keys.json"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["keys", *arguments])


def test_add_list_revoke(path: Path) -> None:
    limits = ["--requests-per-minute", "60", "--tokens-per-minute", "9000", "--priority", "-5", "--expires", "90d"]
    added = run("add", "alice", "--scope", "generate", "--scope", "translate", *limits)
    secret = added.stdout.strip()  # nothing else is on stdout, so that a shell can use it
    assert (added.exit_code, secret[:3]) == (0, "tv-")
    assert secret not in added.stderr
    [key] = KeyFile(path).read()
    assert (key.name, key.digest, key.scopes) == ("alice", digest(secret), {Scope.GENERATE, Scope.TRANSLATE})
    assert (key.requests_per_minute, key.tokens_per_minute, key.priority) == (60, 9000, -5)
    assert key.expires == key.created + timedelta(days=90)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    add_key(path, "old", expires=datetime(2020, 1, 2, tzinfo=UTC))
    listed = run("list").stdout
    for word in ("alice", "generate translate", "60", "9000", "-5", "2020-01-02 00:00 (expired)"):
        assert word in listed
    assert key.digest not in listed
    assert run("revoke", "alice").exit_code == 0
    assert [each.name for each in KeyFile(path).read()] == ["old"]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2030-01-31", datetime(2030, 1, 31, tzinfo=UTC)),
        ("2030-01-31T12:30+02:00", datetime(2030, 1, 31, 10, 30, tzinfo=UTC)),
    ],
)
def test_the_expiry_is_a_date_or_a_time(path: Path, text: str, moment: datetime) -> None:
    assert run("add", "a", "--scope", "answer", "--expires", text).exit_code == 0
    assert KeyFile(path).read()[0].expires == moment


@pytest.mark.parametrize(
    "arguments",
    [
        ("a",),
        ("a", "--scope", "everything"),
        ("a b", "--scope", "answer"),
        ("a", "--scope", "answer", "--requests-per-minute", "0"),
        ("a", "--scope", "answer", "--priority", "-1001"),
        ("a", "--scope", "answer", "--expires", "soon"),
    ],
)
def test_wrong_arguments_are_refused(path: Path, arguments: tuple[str, ...]) -> None:
    refused = run("add", *arguments)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert not path.exists()


@pytest.mark.parametrize("arguments", [("revoke", "nobody"), ("list",)])
def test_a_missing_key_or_file_is_an_error(path: Path, arguments: tuple[str, ...]) -> None:
    assert isinstance(run(*arguments).exception, KeyFileError)


def test_the_key_file_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRIVIUM_KEYS_FILE", raising=False)
    assert isinstance(run("list").exception, SettingsError)
