"""``keep_alive``: how long a model should stay loaded after the request. Here the operator decides that.

A wish that holds anyway is accepted: a model stays loaded for its ``idle_seconds``, or for good without that setting.
"""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from service.api.call import Served
from service.api.errors import invalid

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}  # those of Go
_LONGEST = 64  # characters
_BOUND = 1e10  # seconds; more means the same
_PART = re.compile(r"([0-9]{1,12}(?:\.[0-9]{0,9})?)(ns|us|µs|ms|s|m|h)")


def _seconds(value: Any) -> Any:
    """The seconds of a duration as Go writes it ("5m", "1h30m", "-1s"). Raises PydanticCustomError."""
    if not isinstance(value, str):
        return value
    sign, parts = (-1.0, value[1:]) if value.startswith("-") else (1.0, value)
    if parts == "0":
        return 0.0
    if not parts or len(parts) > _LONGEST or _PART.sub("", parts):
        raise PydanticCustomError("duration", "Input should be seconds, or a duration such as 5m")
    return sign * sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(parts))


KeepAlive = Annotated[
    float,
    BeforeValidator(_seconds),
    Field(description="Seconds, or a duration such as 5m. Refused unless the model stays loaded so long anyway."),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": -_BOUND, "maximum": _BOUND},
                {"type": "string", "maxLength": _LONGEST},
            ]
        }
    ),
    AfterValidator(lambda seconds: max(-_BOUND, min(seconds, _BOUND))),
]


def check_keep_alive(seconds: float | None, model: Served) -> None:
    """Raises ApiError unless the model stays loaded so long after a request. Negative: for good. 0: unload it now."""
    if seconds == 0:
        raise invalid("keep_alive", "keep_alive: an operator unloads models, with POST /v1/models/{id}/unload")
    idle = model.base.spec.idle_seconds
    if seconds is not None and idle and not 0 < seconds <= idle:
        raise invalid("keep_alive", f"keep_alive: this model is unloaded after {idle:g} seconds without a request")
