"""Blocks of content in Anthropic's shape."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from service.api.requests.conversation.chat_messages import CallId
from service.api.requests.conversation.tool_fields import ToolName
from service.api.requests.fields import MAX_CHARACTERS, MAX_TEXTS, RequestModel, Text

_READ = (
    "text",
    "thinking",
    "redacted_thinking",
    "tool_use",
    "tool_result",
    "tool_reference",
    "tool_addition",
    "tool_removal",
)
_NOT_READ = {
    "image": "images",
    "document": "documents",
    "search_result": "search results",
    "container_upload": "uploads",
    "server_tool_use": "tools that the server runs",
    "mcp_tool_use": "tools that the server runs",
}


class TextBlock(RequestModel):
    """A text."""

    type: Literal["text"]
    text: Text


def _as_blocks(content: Any) -> Any:
    """A text as a list with one block. Raises PydanticCustomError for a block that cannot be read."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if isinstance(content, list):
        for i, block in enumerate(content[: MAX_TEXTS + 1]):
            kind = block.get("type") if isinstance(block, Mapping) else None
            if kind not in _READ:
                named = _NOT_READ.get(kind, "blocks of this type") if isinstance(kind, str) else "blocks without a type"
                raise PydanticCustomError("block", "Block {i}: {named} cannot be read here", {"i": i, "named": named})
    return content


_TEXT_OR_TEXT_BLOCKS = (
    Annotated[str, Field(max_length=MAX_CHARACTERS)] | Annotated[list[TextBlock], Field(max_length=MAX_TEXTS)]
)
TextBlocks = Annotated[
    list[TextBlock],
    Field(fail_fast=True),
    BeforeValidator(_as_blocks, json_schema_input_type=_TEXT_OR_TEXT_BLOCKS),
    Field(max_length=MAX_TEXTS),
]


class ThinkingBlock(RequestModel):
    """What the assistant thought. Its signature is not read."""

    type: Literal["thinking"]
    thinking: Text
    signature: Annotated[Text | None, Field(max_length=MAX_CHARACTERS)] = None


class RedactedThinkingBlock(RequestModel):
    """Thoughts that only another service can read. They are left out."""

    type: Literal["redacted_thinking"]
    data: Text


class ToolUseBlock(RequestModel):
    """A call of a tool in an earlier turn."""

    type: Literal["tool_use"]
    id: CallId
    name: Annotated[Text, Field(max_length=256)]
    input: Annotated[dict[str, Any], Field(max_length=MAX_TEXTS)]


class FoundToolBlock(RequestModel):
    """A tool with ``defer_loading`` that a search for tools found. From here on the model knows it."""

    type: Literal["tool_reference"]
    tool_name: ToolName

    @property
    def text(self) -> str:
        """The block as the model reads it."""
        return f"The tool {self.tool_name} can be called now."


_ResultBlock = Annotated[TextBlock | FoundToolBlock, Field(discriminator="type")]
_TEXT_OR_RESULT_BLOCKS = (
    Annotated[str, Field(max_length=MAX_CHARACTERS)] | Annotated[list[_ResultBlock], Field(max_length=MAX_TEXTS)]
)


class ToolResultBlock(RequestModel):
    """The result of a call."""

    type: Literal["tool_result"]
    tool_use_id: CallId
    content: (
        Annotated[
            list[_ResultBlock],
            Field(fail_fast=True),
            BeforeValidator(_as_blocks, json_schema_input_type=_TEXT_OR_RESULT_BLOCKS),
            Field(max_length=MAX_TEXTS, description="A text, or blocks of text, or tools that were found."),
        ]
        | None
    ) = None
    is_error: bool | None = None

    @property
    def text(self) -> str:
        """The result as the model reads it."""
        text = joined(block.text for block in self.content or ())
        return f"Error: {text}" if self.is_error else text


class NamedTool(RequestModel):
    """One of the request's tools."""

    type: Literal["tool_reference"]
    name: ToolName


class ToolAdditionBlock(RequestModel):
    """From here on the model knows the tool."""

    type: Literal["tool_addition"]
    tool: NamedTool


class ToolRemovalBlock(RequestModel):
    """From here on the model does not know the tool."""

    type: Literal["tool_removal"]
    tool: NamedTool


Block = Annotated[
    TextBlock
    | ThinkingBlock
    | RedactedThinkingBlock
    | ToolUseBlock
    | ToolResultBlock
    | ToolAdditionBlock
    | ToolRemovalBlock,
    Field(discriminator="type"),
]
_TEXT_OR_BLOCKS = Annotated[str, Field(max_length=MAX_CHARACTERS)] | Annotated[list[Block], Field(max_length=MAX_TEXTS)]
Blocks = Annotated[
    list[Block],
    Field(fail_fast=True),
    BeforeValidator(_as_blocks, json_schema_input_type=_TEXT_OR_BLOCKS),
    Field(max_length=MAX_TEXTS, description="A text, or a list of blocks."),
]


def joined(texts: Iterable[str]) -> str:
    """The texts of several blocks as one: each is a paragraph."""
    return "\n\n".join(text for text in texts if text)
