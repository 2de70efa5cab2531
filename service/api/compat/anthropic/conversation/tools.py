"""Tools and the choice among them, in Anthropic's shape."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from service.api.compat.anthropic.conversation.blocks import (
    FoundToolBlock,
    ToolAdditionBlock,
    ToolRemovalBlock,
    ToolResultBlock,
)
from service.api.compat.anthropic.conversation.history import MessageField
from service.api.requests.conversation.tool_fields import Description, ToolName, check_names, chosen
from service.api.requests.fields import MAX_TEXTS, RequestModel, contradiction
from service.errors import InvalidOption
from service.tasks.conversation.formats.tool import Tool, ToolMode, ToolUse

_MOST_TOOLS = 512
_MODES: dict[str, ToolMode] = {"auto": "auto", "any": "required", "tool": "required", "none": "none"}

_Object = Annotated[dict[str, Any], Field(max_length=MAX_TEXTS)]


class CustomTool(RequestModel):
    """A tool that the client runs. ``strict``: a schema of which a part cannot be obeyed is refused."""

    type: Literal["custom"] | None = None
    name: ToolName
    description: Description = None
    input_schema: Annotated[_Object, Field(description="The JSON Schema of the input.")]
    input_examples: Annotated[
        list[_Object] | None, Field(max_length=64, description="Inputs that the model reads as examples.")
    ] = None
    strict: bool | None = None
    defer_loading: Annotated[
        bool | None, Field(description="The model knows the tool only after the conversation has named it.")
    ] = None
    eager_input_streaming: Annotated[
        bool | None, Field(description="Changes nothing: the parts of an input are always sent at once.")
    ] = None

    def tool(self, param: str) -> Tool:
        """The tool for a conversation; ``param`` is the place of this field."""
        schema = {name: value for name, value in self.input_schema.items() if name != "$schema"}
        if self.input_examples:
            schema["examples"] = self.input_examples
        return Tool(self.name, self.description, schema or None, f"{param}.input_schema", strict=bool(self.strict))


def _check_type(tool: Any) -> Any:
    """The tool itself. Raises PydanticCustomError for a tool of Anthropic's own, which its servers or models know."""
    if isinstance(tool, dict) and tool.get("type", "custom") not in ("custom", None):
        raise PydanticCustomError("tool", "Only custom tools, with an input_schema, are served; not those of Anthropic")
    return tool


CustomTools = Annotated[
    list[Annotated[CustomTool, BeforeValidator(_check_type)]],
    Field(fail_fast=True),
    Field(max_length=_MOST_TOOLS, description="Tools that the model may call."),
]


class ToolChoice(RequestModel):
    """auto: the model decides. any: at least one call. tool: one call of the tool ``name``. none: no calls."""

    type: Literal["auto", "any", "tool", "none"]
    name: ToolName | None = None
    disable_parallel_tool_use: Annotated[bool | None, Field(description="At most one call in a turn.")] = None

    @model_validator(mode="after")
    def _has_a_name(self) -> "ToolChoice":
        if (self.type == "tool") != (self.name is not None):
            raise contradiction("name", "name is for the type tool, which needs it")
        return self


def tool_use(
    tools: Sequence[CustomTool] | None, choice: ToolChoice | None, turns: Sequence[MessageField] = ()
) -> ToolUse:
    """The tools that the model knows after ``turns``, and what the choice allows. Raises InvalidOption for a tool that
    is not there, or if tools and choice do not fit together.
    """
    offered = _known(tools or (), turns)
    if choice is None:
        return chosen(offered, "auto")
    names = None if choice.name is None else [choice.name]
    parallel = names is None and not choice.disable_parallel_tool_use
    return chosen(offered, _MODES[choice.type], names=names, parallel=parallel)


def _known(tools: Sequence[CustomTool], turns: Sequence[MessageField]) -> list[Tool]:
    """Later tools come last, so that the prompt keeps its beginning, and with it the prefix cache."""
    offered = [(each.tool(f"tools.{i}"), each.defer_loading) for i, each in enumerate(tools)]
    check_names([tool for tool, _ in offered])
    known = {tool.name: tool for tool, is_deferred in offered if not is_deferred}
    all_tools = {tool.name: tool for tool, _ in offered}
    for name, is_added in _changes(turns):
        if name not in all_tools:
            raise InvalidOption("messages: a block names a tool that is not in tools", param="messages")
        if is_added:
            known.setdefault(name, all_tools[name])
        else:
            known.pop(name, None)
    return list(known.values())


def _changes(turns: Sequence[MessageField]) -> Iterator[tuple[str, bool]]:
    """The names of tools that come (true) and go (false), in the order of the conversation."""
    for turn in turns:
        for block in turn.content:
            if isinstance(block, ToolAdditionBlock | ToolRemovalBlock):
                yield block.tool.name, isinstance(block, ToolAdditionBlock)
            elif isinstance(block, ToolResultBlock):
                yield from ((part.tool_name, True) for part in block.content or () if isinstance(part, FoundToolBlock))
