"""Tools that a client offers to the model, and how the model may use them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

# none: no calls. auto: the model decides. required: at least one call and nothing else.
ToolMode = Literal["none", "auto", "required"]

_NO_ARGUMENTS: Mapping[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}


@dataclass(frozen=True, slots=True)
class Tool:
    """A function of the client. ``parameters`` is the JSON Schema of its arguments, and ``param`` names their field.

    ``strict``: a schema of which a part cannot be obeyed is refused. Otherwise that part is left out.
    """

    name: str
    description: str | None
    parameters: Mapping[str, Any] | None
    param: str
    strict: bool = False

    @property
    def schema(self) -> Mapping[str, Any]:
        """The schema that arguments validate against. Without one the function has no arguments."""
        return {"type": "object", **self.parameters} if self.parameters else _NO_ARGUMENTS

    def declaration(self) -> dict[str, Any]:
        """The tool as chat templates take it, which is OpenAI's shape."""
        described = {"description": self.description} if self.description else {}
        return {"type": "function", "function": {"name": self.name, **described, "parameters": self.schema}}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    """The tools of a request. The prompt shows all of them; ``callable`` are those that the turn may call."""

    tools: tuple[Tool, ...] = ()
    callable: tuple[Tool, ...] = ()
    mode: ToolMode = "auto"
    parallel: bool = True  # more than one call in a turn

    @property
    def is_active(self) -> bool:
        """Whether the turn may have calls."""
        return bool(self.callable) and self.mode != "none"


NO_TOOLS = ToolUse()
