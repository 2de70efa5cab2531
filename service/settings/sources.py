"""The sources of values of settings: flags, environment variables and a TOML file."""

import difflib
import os
import tomllib
from collections.abc import Collection, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from service.errors import SettingsError
from service.settings.environment import env_name


class Source(StrEnum):
    """The sources of a value, the strongest first."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


def flag_name(name: str) -> str:
    """The command line flag of a setting."""
    return "--" + name.replace("_", "-")


def source_of(name: str, flags: Collection[str], environment: Collection[str], file: Collection[str]) -> Source:
    """The source of a setting's value, given the names that are set by flags, in the environment and in the file."""
    if name in flags:
        return Source.FLAG
    if name in environment:
        return Source.ENVIRONMENT
    return Source.FILE if name in file else Source.DEFAULT


def is_path(text: str) -> bool:
    """Whether the text is the path of a file or directory that exists."""
    try:
        return Path(text).exists()
    except OSError:  # too long
        return False


def read_config_file(flags: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """The values in the file that the flag or the environment variable of ``config`` names; empty without a file.

    ``known`` are the names of all settings. Raises SettingsError for a file that cannot be read, and for a name that is
    no setting.
    """
    path = flags.get("config") or os.environ.get(env_name("config"))
    if not path:
        return {}
    try:
        values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SettingsError(f"config: cannot read {path}: {reason}") from None
    for name in values:
        if name not in known or name == "config":
            close = difflib.get_close_matches(name, known, n=1)
            raise SettingsError(f"{name}: unknown setting in {path}" + (f"; did you mean {close[0]}?" if close else ""))
    return values
