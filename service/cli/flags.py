"""Command line flags derived from the settings, so that each setting is defined once."""

import inspect
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Annotated, Any, get_origin

import typer
from pydantic import ByteSize
from pydantic.fields import FieldInfo

from service.settings import flag_name
from service.settings.documents import Kind, kind_of, value_text
from service.settings.groups import GROUPS, SettingsGroup

Command = Callable[..., None]


def with_settings(*groups: type[SettingsGroup], names: Collection[str] = ()) -> Callable[[Command], Command]:
    """Give a typer command a flag for every setting of these groups, or for these names; for all settings if none.

    The command receives the given values as ``**flags`` and passes them to ``Settings.load``. Typer does not validate
    them: values of flags, environment and file are validated by the same code and refused with the same message.
    """

    def decorate(command: Command) -> Command:
        own = [p for p in inspect.signature(command).parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
        taken = {parameter.name for parameter in own}
        flags = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_option(group, name, field)
            )
            for group in GROUPS
            for name, field in group.model_fields.items()
            if name not in taken and (name in names or group in groups or not (names or groups))
        ]
        command.__signature__ = inspect.Signature([*own, *flags])  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in (*own, *flags)}
        return command

    return decorate


def _option(group: type[SettingsGroup], name: str, field: FieldInfo) -> Any:
    """The annotation from which typer makes the flag."""
    flag, default = flag_name(name), value_text(field.default)
    is_switch = field.annotation is bool
    option = typer.Option(
        f"{flag}/--no-{flag[2:]}" if is_switch else flag,
        help=f"{field.description} Default: {default}." if default else field.description,
        show_default=False,
        rich_help_panel=f"{group.title} (advanced)" if kind_of(field) is Kind.ADVANCED else group.title,
        metavar=None if is_switch else _metavar(field),
    )
    kind: Any = bool if is_switch else list[str] if field.annotation == tuple[str, ...] else str
    return Annotated[kind | None, option]


def _metavar(field: FieldInfo) -> str:
    kind = field.annotation
    if kind is int or kind is float:
        return "NUMBER"
    if kind is ByteSize:
        return "SIZE"
    if kind == Path | None:
        return "PATH"
    if kind == tuple[str, ...]:
        return "TEXT"
    return "TEXT" if get_origin(kind) is None else "WORD"
