"""Settings as text: values for people, an example TOML file, and the Markdown of ``docs/settings.md``."""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import ByteSize
from pydantic.fields import FieldInfo

from service.settings.environment import env_name
from service.settings.groups import GROUPS, EngineSettings, SettingsGroup
from service.settings.model_table import ModelTable
from service.settings.served_models import ModelSpec
from service.settings.sources import flag_name

_PASSWORD = re.compile(r"(?<=://)[^/@\s]+(?=@)")

_TOML_HEADER = """\
# Settings of Trivium. Use this file with --config FILE or TRIVIUM_CONFIG=FILE.
# Each setting is shown with its default. To change it, remove its # mark.
"""

_TOML_TABLES = (
    "A table is a model to serve, with settings of its own. If neither a flag nor a variable nor the key model gives a "
    "model, only the models of the tables are served. A table also applies to a model of its name that is given. It "
    "may have every setting of the group Engine too: its value holds for this model."
)

# The values of an example table, whose keys are fields of ModelTable.
_EXAMPLE_TABLE = {
    "source": "qwen2.5-coder-0.5b-instruct",
    "capabilities": ["generate", "chat", "translate"],
    "default_for": ["chat"],
    "load": "demand",
    "idle_seconds": 600.0,
    "adapters": {"support": "/adapters/support"},
    "quantization": "int8",
    "kv_cache_memory": "2GiB",
}

_MARKDOWN_HEADER = """\
# Settings

A setting is a flag of `trivium serve`, an environment variable, and a key of a TOML file: `port` is `--port 8000`,
`TRIVIUM_PORT=8000`, or `port = 8000` in the file that `--config` or `TRIVIUM_CONFIG` names. A flag overrides the
environment, which overrides the file, which overrides the default. A switch is turned off with `--no-NAME` or `false`.
A name that is no setting is refused in the file, and so is a variable `TRIVIUM_*`. Variables by which Kubernetes
describes a Service called `trivium` (`TRIVIUM_SERVICE_HOST`, `TRIVIUM_PORT=tcp://...`) are ignored.

`trivium settings` prints the values in force and their sources; `trivium settings --format toml` writes an example
file with every setting. This page is the output of `trivium settings --format markdown`.
"""

_MARKDOWN_TABLES = """\
## Tables of models

A table `[models.NAME]` in the TOML file is a model to serve, under that name. If neither a flag nor a variable nor the
key `model` gives a model, only the models of the tables are served. A table also applies to a model of its name that is
given. Beside the keys below, a table may have every setting of the group Engine: its value holds for this model.
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
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={value_text(each)}" for name, each in value.items())
    if isinstance(value, tuple | frozenset):
        return ", ".join(value_text(each) for each in (sorted(value) if isinstance(value, frozenset) else value))
    return _PASSWORD.sub("...", str(value))


def spec_text(spec: ModelSpec) -> str:
    """A served model in one line: its source, and what its table says about it."""
    table = spec.settings.models.get(spec.name, ModelTable())
    own: dict[str, Any] = {"source": spec.source, "capabilities": spec.capabilities, "default_for": spec.default_for}
    own |= {"load": spec.load, "idle_seconds": spec.idle_seconds, "adapters": spec.adapters}
    defaults = {name: field.default for name, field in ModelTable.model_fields.items()}
    changed = {name: value for name, value in own.items() if value != defaults[name]} | table.overrides
    return "; ".join(f"{name} {value_text(value)}" for name, value in changed.items())


def toml_example() -> str:
    """A TOML file with every setting: its description, and its default as a comment."""
    lines = [_TOML_HEADER]
    for group in GROUPS:
        lines.append(f"\n# ---- {group.title} ----\n")
        for kind in Kind:
            for name, field in _fields(group, kind):
                if name == "config":
                    continue  # a file cannot name another file
                lines += _comment(str(field.description))
                lines.append(f"# {name} = {_toml_value(field.default)}\n")
    lines += ["\n# ---- Tables of models ----\n", *_comment(_TOML_TABLES), "\n# [models.chat]", *_example_table()]
    return "\n".join(lines)


def _example_table() -> Iterator[str]:
    """The lines of a table ``[models.NAME]`` as comments."""
    for name, value in _EXAMPLE_TABLE.items():
        yield from _comment(str(ModelTable.model_fields[name].description))
        yield f"# {name} = {_toml_value(value)}\n"


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
        if kind is Kind.COMMON:
            parts.append(_markdown_tables())
    return "\n".join(parts)


def _markdown_tables() -> str:
    """The keys of a table ``[models.NAME]`` that are no settings of the engine."""
    rows = [
        f"| `{name}` | {field.description} |"
        for name, field in ModelTable.model_fields.items()
        if name not in EngineSettings.model_fields
    ]
    return "\n".join([_MARKDOWN_TABLES, "| key | meaning |", "|---|---|", *rows]) + "\n"


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, 78, initial_indent="# ", subsequent_indent="# ")


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
        case tuple() if len(value) == 1:
            return _toml_value(value[0])
        case tuple() | list():
            return "[" + ", ".join(map(_toml_value, value)) + "]"
        case dict():
            return "{ " + ", ".join(f"{name} = {_toml_value(each)}" for name, each in value.items()) + " }"
        case _:
            return str(value)


def _markdown_row(name: str, field: FieldInfo) -> str:
    default = value_text(field.default)
    return f"| `{env_name(name)}` | `{flag_name(name)}` | {f'`{default}`' if default else ''} | {field.description} |"
