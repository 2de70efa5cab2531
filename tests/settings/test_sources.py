"""The names of a setting, the source of its value, and the config file. ``test_settings`` loads whole settings."""

from pathlib import Path

import pytest

from service.errors import SettingsError
from service.settings.environment import env_name
from service.settings.sources import Source, flag_name, read_config_file, source_of

KNOWN = ("config", "port", "max_n")


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KNOWN:
        monkeypatch.delenv(env_name(name), raising=False)


def test_a_setting_has_a_variable_and_a_flag() -> None:
    assert (env_name("max_n"), flag_name("max_n")) == ("TRIVIUM_MAX_N", "--max-n")


def test_the_strongest_source_counts() -> None:
    assert source_of("port", (), (), ()) is Source.DEFAULT
    assert source_of("port", (), (), ("port",)) is Source.FILE
    assert source_of("port", (), ("port",), ("port",)) is Source.ENVIRONMENT
    assert source_of("port", ("port",), ("port",), ("port",)) is Source.FLAG


def test_without_a_file_there_are_no_values() -> None:
    assert read_config_file({}, KNOWN) == {}
    assert read_config_file({"config": None}, KNOWN) == {}


def test_the_flag_names_the_file_or_else_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2):
        (tmp_path / f"{number}.toml").write_text(f"port = {number}", encoding="utf-8")
    monkeypatch.setenv("TRIVIUM_CONFIG", str(tmp_path / "1.toml"))
    assert read_config_file({}, KNOWN) == {"port": 1}
    assert read_config_file({"config": str(tmp_path / "2.toml")}, KNOWN) == {"port": 2}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"prot = 1", r"prot: unknown setting in .*; did you mean port\?$"),
        (b"zzzzzz = 1", r"zzzzzz: unknown setting in .*toml$"),
        (b"config = 'x'", "config: unknown setting in"),
        (b"port =", "config: cannot read .*: "),
        (b"\xff", "config: cannot read .*: "),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=message):
        read_config_file({"config": str(path)}, KNOWN)
