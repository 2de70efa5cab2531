"""The environment variables of the service: a setting each, and a few others. Any further one is a mistake."""

import difflib
import os
import re
from collections.abc import Collection, Mapping

from service.errors import SettingsError

ENV_PREFIX = "TRIVIUM_"

# Variables that are no settings, and what reads each.
FURTHER_VARIABLES = {
    "TRIVIUM_KEY": "trivium translate",
    "TRIVIUM_KERNELS": "the compiled kernels",
}

# Kubernetes describes each Service of a namespace to each container of it by such variables, unless the Pod sets
# enableServiceLinks to false. Those of a Service called trivium, or trivium-anything, begin as the settings do.
_LINK = re.compile(
    r"TRIVIUM_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)"
)
_LINK_WITH_ADDRESS = re.compile(r"TRIVIUM_(?:\w+_)?PORT")
_ADDRESS = re.compile(r"(?:tcp|udp|sctp)://\S*")


def env_name(name: str) -> str:
    """The environment variable of a setting."""
    return ENV_PREFIX + name.upper()


def read_environment(known: Collection[str], environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The values of the settings in the environment. An empty variable is no value, and neither is a link.

    ``known`` are the names of all settings. Raises SettingsError for a variable that is neither a setting nor one of
    ``FURTHER_VARIABLES``: a misspelt setting must not be ignored.
    """
    names = {env_name(name): name for name in known}
    values = {}
    for variable in sorted(environ):
        text = environ[variable]
        if _is_link(variable, text):
            continue
        if variable in names:
            if text:
                values[names[variable]] = text
        elif variable not in FURTHER_VARIABLES and (variable.startswith(ENV_PREFIX) or variable.upper() in names):
            close = difflib.get_close_matches(variable.upper(), [*names, *FURTHER_VARIABLES], n=1)
            hint = f"did you mean {close[0]}?" if close else "unset it"
            raise SettingsError(f"{variable}: unknown setting in the environment; {hint}")
    return values


def _is_link(variable: str, text: str) -> bool:
    """Whether the variable describes a Service of Kubernetes."""
    if _LINK.fullmatch(variable):
        return True
    return bool(_LINK_WITH_ADDRESS.fullmatch(variable) and _ADDRESS.fullmatch(text))
