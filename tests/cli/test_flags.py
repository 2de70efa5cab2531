"""Flags of commands that are made from the settings."""

import inspect
from typing import Any

import typer
from typer.testing import CliRunner

from service.cli.flags import with_settings
from service.settings import Settings
from service.settings.groups import GROUPS


def flags(command: Any) -> set[str]:
    """The names of the settings that are flags of the command."""
    return {each.name for each in inspect.signature(command).parameters.values() if each.default is None}


def test_without_groups_or_names_every_setting_is_a_flag() -> None:
    @with_settings()
    def command(**given: Any) -> None: ...

    assert flags(command) == set(Settings.model_fields) - {"models"}


def test_groups_and_names_select_settings() -> None:
    first = GROUPS[0]
    other = next(name for group in GROUPS[1:] for name in group.model_fields)

    @with_settings(first, names=(other,))
    def command(**given: Any) -> None: ...

    assert flags(command) == {*first.model_fields, other}


def test_a_parameter_of_the_command_replaces_the_flag() -> None:
    @with_settings(names=("port", "host"))
    def command(port: int, **given: Any) -> None: ...

    assert flags(command) == {"host"}
    assert list(inspect.signature(command).parameters) == ["port", "host"]


def test_given_flags_are_passed_on_unchanged_and_a_switch_can_be_turned_off() -> None:
    received: dict[str, Any] = {}
    app = typer.Typer()

    @app.command()
    @with_settings(names=("port", "host", "prefix_caching", "model"))
    def command(**given: Any) -> None:
        received.update(given)

    result = CliRunner().invoke(app, ["--port", "many", "--no-prefix-caching", "--model", "a", "--model", "b,c"])
    assert result.exit_code == 0, result.output
    assert received == {"port": "many", "host": None, "prefix_caching": False, "model": ["a", "b,c"]}
