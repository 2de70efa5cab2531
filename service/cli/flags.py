"""Command line flags made from the settings, so that a knob is written once."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_origin

import typer
from pydantic import ByteSize
from pydantic.fields import FieldInfo

from service.settings import Settings, flag_name


def with_settings(*groups: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a typer command a flag for every setting of these groups (none named: all).

    The command takes the values given as ``**flags`` and hands them to ``Settings.load``: typer does not validate
    them, so that flag, environment and file are checked by the same code and refused with the same words.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = [p for p in inspect.signature(command).parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
        taken = {parameter.name for parameter in own}
        flags = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_option(name, field))
            for name, field in Settings.model_fields.items()
            if name not in taken and (not groups or group_of(field) in groups)
        ]
        command.__signature__ = inspect.Signature([*own, *flags])  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in (*own, *flags)}
        return command

    return decorate


def group_of(field: FieldInfo) -> str:
    """The heading a setting is listed under."""
    assert isinstance(field.json_schema_extra, dict)
    return str(field.json_schema_extra["group"])


def default_of(field: FieldInfo) -> str:
    """A setting's default as a person would write it."""
    value = field.default
    if value is None:
        return ""
    if isinstance(value, ByteSize):
        return value.human_readable(separator="") if value else "0"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _option(name: str, field: FieldInfo) -> Any:
    flag = flag_name(name)
    is_switch = field.annotation is bool
    option = typer.Option(
        f"{flag}/--no-{flag[2:]}" if is_switch else flag,
        help=f"{field.description} Default: {default_of(field)}." if default_of(field) else field.description,
        show_default=False,
        rich_help_panel=group_of(field),
        metavar=None if is_switch else _metavar(field),
    )
    return Annotated[(bool if is_switch else str) | None, option]


def _metavar(field: FieldInfo) -> str:
    kind = field.annotation
    if kind is int or kind is float:
        return "NUMBER"
    if kind is ByteSize:
        return "SIZE"
    if kind == Path | None:
        return "PATH"
    return "TEXT" if get_origin(kind) is None else "WORD"
