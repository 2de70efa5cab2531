"""Settings as text: values for people, an example TOML file, and the Markdown of ``docs/settings.md``."""

import json
import re
import textwrap
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import ByteSize
from pydantic.fields import FieldInfo

from service.settings.groups import GROUPS, SettingsGroup
from service.settings.sources import env_name, flag_name

_PASSWORD = re.compile(r"(?<=://)[^/@\s]+(?=@)")

_TOML_HEADER = """\
# Settings of Trivium. Use this file with --config FILE or TRIVIUM_CONFIG=FILE.
# Each setting is shown with its default. To change it, remove its # mark.
"""

_MARKDOWN_HEADER = """\
# Settings

A setting is a flag of `trivium serve`, an environment variable, and a key of a TOML file: `port` is `--port 8000`,
`TRIVIUM_PORT=8000`, or `port = 8000` in the file that `--config` or `TRIVIUM_CONFIG` names. A flag overrides the
environment, which overrides the file, which overrides the default. A switch is turned off with `--no-NAME` or `false`.

`trivium settings` prints the values in force and their sources; `trivium settings --format toml` writes an example
file with every setting. This page is the output of `trivium settings --format markdown`.
"""


class Kind(StrEnum):
    """Common settings, and advanced ones that few people need."""

    COMMON = ""
    ADVANCED = "advanced"


def kind_of(field: FieldInfo) -> Kind:
    """The kind of a setting: common or advanced."""
    extra = field.json_schema_extra
    return Kind.ADVANCED if isinstance(extra, dict) and extra.get("advanced") else Kind.COMMON


def value_text(value: Any) -> str:
    """A value as a person would write it. User names and passwords in URLs are replaced by dots."""
    if value is None:
        return ""
    if isinstance(value, ByteSize):
        return value.human_readable(separator="") if value else "0"
    if isinstance(value, bool):
        return str(value).lower()
    return _PASSWORD.sub("...", str(value))


def toml_example() -> str:
    """A TOML file with every setting: its description, and its default as a comment."""
    lines = [_TOML_HEADER]
    for group in GROUPS:
        lines.append(f"\n# ---- {group.title} ----\n")
        for kind in Kind:
            for name, field in _fields(group, kind):
                if name == "config":
                    continue  # a file cannot name another file
                lines += textwrap.wrap(str(field.description), 78, initial_indent="# ", subsequent_indent="# ")
                lines.append(f"# {name} = {_toml_value(field.default)}\n")
    return "\n".join(lines)


def markdown() -> str:
    """The page ``docs/settings.md``: a table for each group, and the advanced settings at the end."""
    parts = [_MARKDOWN_HEADER]
    for kind, level in ((Kind.COMMON, "##"), (Kind.ADVANCED, "###")):
        if kind is Kind.ADVANCED:
            parts.append("## Advanced\n\nFew people need these.\n")
        for group in GROUPS:
            if rows := [_markdown_row(name, field) for name, field in _fields(group, kind)]:
                table = "\n".join(["| variable | flag | default | meaning |", "|---|---|---|---|", *rows])
                parts.append(f"{level} {group.title}\n\n{table}\n")
    return "\n".join(parts)


def _fields(group: type[SettingsGroup], kind: Kind) -> Iterator[tuple[str, FieldInfo]]:
    return ((name, field) for name, field in group.model_fields.items() if kind_of(field) is kind)


def _toml_value(value: Any) -> str:
    match value:
        case None:
            return '"PATH"'  # no value means no default
        case bool() | float():
            return str(value).lower()
        case ByteSize() | str() | Path():
            return json.dumps(value_text(value))
        case _:
            return str(value)


def _markdown_row(name: str, field: FieldInfo) -> str:
    default = value_text(field.default)
    return f"| `{env_name(name)}` | `{flag_name(name)}` | {f'`{default}`' if default else ''} | {field.description} |"
