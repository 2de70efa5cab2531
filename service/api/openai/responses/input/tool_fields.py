"""Tools and the choice among them, in the flat shape of the Responses API."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from service.api.openai.responses.input.echoed_json import EchoedJson
from service.api.requests.conversation.tool_fields import Description, ToolName, chosen
from service.api.requests.fields import RequestModel
from service.tasks.conversation.formats.tool import Tool, ToolUse

_MOST_TOOLS = 128


def _check_type(value: Any) -> Any:
    """The type itself. Raises PydanticCustomError for that of a tool that OpenAI runs."""
    if value != "function":
        raise PydanticCustomError("tool", "Input should be 'function'; there are no built-in or custom tools here")
    return value


ToolType = Annotated[Literal["function"], BeforeValidator(_check_type)]


class FunctionTool(RequestModel):
    """A function that the client runs. ``strict`` is as in chat completions."""

    type: ToolType
    name: ToolName
    description: Description = None
    parameters: Annotated[EchoedJson | None, Field(description="The JSON Schema of the arguments.")] = None
    strict: bool | None = None
    defer_loading: Literal[False] | None = None
    allowed_callers: Annotated[list[Literal["direct"]] | None, Field(max_length=1)] = None


class NamedFunction(RequestModel):
    """One function."""

    type: ToolType
    name: ToolName


class AllowedFunctions(RequestModel):
    """A choice among some of the functions. The prompt shows all."""

    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"] = "auto"
    tools: Annotated[list[NamedFunction], Field(min_length=1, max_length=_MOST_TOOLS)]


def _kind(value: Any) -> str:
    if not isinstance(value, dict):
        return "[mode]"
    return "[allowed_tools]" if value.get("type") == "allowed_tools" else "[function]"


FunctionTools = Annotated[list[FunctionTool], Field(fail_fast=True), Field(max_length=_MOST_TOOLS)]
FunctionChoice = Annotated[
    Annotated[Literal["none", "auto", "required"], Tag("[mode]")]
    | Annotated[NamedFunction, Tag("[function]")]
    | Annotated[AllowedFunctions, Tag("[allowed_tools]")],
    Discriminator(_kind),
    Field(description="auto: the model decides. required: at least one call. A named function: one call of it."),
]


def echo(choice: FunctionChoice | None) -> str | dict[str, Any]:
    """The choice as an answer repeats it."""
    match choice:
        case NamedFunction():
            return _named(choice)
        case AllowedFunctions():
            return {"type": choice.type, "mode": choice.mode, "tools": [_named(tool) for tool in choice.tools]}
    return choice or "auto"


def _named(function: NamedFunction) -> dict[str, Any]:
    return {"type": function.type, "name": function.name}


def tool_use(tools: Sequence[FunctionTool] | None, choice: FunctionChoice | None, *, parallel: bool) -> ToolUse:
    """The tools of a body, and what the choice allows. Raises InvalidOption if they do not fit together."""
    offered = [
        Tool(tool.name, tool.description, tool.parameters, f"tools.{i}.parameters", strict=bool(tool.strict))
        for i, tool in enumerate(tools or [])
    ]
    match choice:
        case NamedFunction():
            return chosen(offered, "required", names=[choice.name], parallel=False)
        case AllowedFunctions():
            names = [tool.name for tool in choice.tools]
            return chosen(offered, choice.mode, names=names, parallel=parallel)
    return chosen(offered, choice or "auto", parallel=parallel)
