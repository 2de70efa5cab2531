"""Tools and the choice among them, in OpenAI's shape."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from service.api.requests.fields import MAX_CHARACTERS, RequestModel, Text
from service.errors import InvalidOption
from service.tasks.conversation.formats.tool import NO_TOOLS, Tool, ToolMode, ToolUse

_MOST_TOOLS = 128

ToolName = Annotated[str, Field(pattern="^[A-Za-z0-9_.:/-]+$", max_length=128)]
Description = Annotated[Text | None, Field(max_length=MAX_CHARACTERS)]


class FunctionField(RequestModel):
    """A function. ``strict``: a schema of which a part cannot be obeyed is refused; otherwise the part is ignored."""

    name: ToolName
    description: Description = None
    parameters: Annotated[dict[str, Any] | None, Field(description="The JSON Schema of the arguments.")] = None
    strict: bool | None = None


class ToolField(RequestModel):
    """A tool that the client runs."""

    type: Literal["function"] = "function"
    function: FunctionField


class FunctionName(RequestModel):
    """The name of a function."""

    name: ToolName


class NamedTool(RequestModel):
    """One tool."""

    type: Literal["function"]
    function: FunctionName


class AllowedTools(RequestModel):
    """Some of the tools."""

    mode: Literal["auto", "required"] = "auto"
    tools: Annotated[list[NamedTool], Field(min_length=1, max_length=_MOST_TOOLS)]


class AllowedToolsChoice(RequestModel):
    """A choice among some of the tools. The prompt shows all."""

    type: Literal["allowed_tools"]
    allowed_tools: AllowedTools


ToolFields = Annotated[list[ToolField], Field(fail_fast=True), Field(max_length=_MOST_TOOLS)]
ToolChoiceField = Annotated[
    Literal["none", "auto", "required", "any"] | NamedTool | AllowedToolsChoice,
    Field(description="auto: the model decides. required: at least one call. A named tool: one call of it."),
]


def tool_use(
    tools: Sequence[ToolField] | None, choice: ToolChoiceField | None, *, parallel: bool | None, param: str = "tools"
) -> ToolUse:
    """The tools of a body, and what the choice allows. Raises InvalidOption if they do not fit together."""
    offered = [
        Tool(
            tool.function.name,
            tool.function.description,
            tool.function.parameters,
            f"{param}.{i}.function.parameters",
            strict=bool(tool.function.strict),
        )
        for i, tool in enumerate(tools or [])
    ]
    if isinstance(choice, NamedTool):
        return chosen(offered, "required", names=[choice.function.name], parallel=False)
    if isinstance(choice, AllowedToolsChoice):
        allowed = choice.allowed_tools
        names = [tool.function.name for tool in allowed.tools]
        return chosen(offered, allowed.mode, names=names, parallel=parallel is not False)
    mode: ToolMode = "required" if choice == "any" else choice or "auto"
    return chosen(offered, mode, parallel=parallel is not False)


def chosen(
    tools: Sequence[Tool], mode: ToolMode, *, names: Sequence[str] | None = None, parallel: bool = True
) -> ToolUse:
    """What the choice leaves of the tools; ``names`` are those that may be called. Raises InvalidOption."""
    known = check_names(tools)
    for tool in tools:
        if tool.schema["type"] != "object":
            raise InvalidOption(f"{tool.param}: the type should be object", param=tool.param)
    if mode == "none":
        return NO_TOOLS
    if mode == "required" and not tools:
        raise InvalidOption("tool_choice: there are no tools to choose from", param="tool_choice")
    if names is not None and not known.issuperset(names):
        raise InvalidOption("tool_choice: no tool has this name", param="tool_choice")
    callable = tools if names is None else [tool for tool in tools if tool.name in names]
    return ToolUse(tools=tuple(tools), callable=tuple(callable), mode=mode, parallel=parallel)


def check_names(tools: Sequence[Tool]) -> set[str]:
    """The names of the tools. Raises InvalidOption if two tools have the same one."""
    names = {tool.name for tool in tools}
    if len(names) < len(tools):
        raise InvalidOption("tools: two tools have the same name", param="tools")
    return names
