"""The turns of a conversation in Anthropic's shape, and the messages that they become."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from service.api.compat.anthropic.conversation.blocks import (
    Block,
    Blocks,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    joined,
)
from service.api.requests.fields import MAX_TEXTS, RequestModel, contradiction
from service.errors import InvalidOption

_BLOCKS_OF_ROLES = {
    "user": ("text", "tool_result"),
    "assistant": ("text", "thinking", "redacted_thinking", "tool_use"),
    "system": ("text", "tool_addition", "tool_removal"),
}
# Claude Code begins its system prompt with a line of this name, which has another value in every request: with it, no
# prompt would begin as another one does, and the prefix cache would hold nothing.
_BILLING = "x-anthropic-billing-header:"


class MessageField(RequestModel):
    """One turn of a conversation. Turns of one role that follow one another are one turn."""

    role: Literal["user", "assistant", "system"]
    content: Blocks

    @model_validator(mode="after")
    def _blocks_fit_the_role(self) -> "MessageField":
        for block in self.content:
            if block.type not in _BLOCKS_OF_ROLES[self.role]:
                raise contradiction("content", f"{block.type} is no block of the role {self.role}")
        return self


MessageFields = Annotated[
    list[MessageField],
    Field(fail_fast=True),
    Field(min_length=1, max_length=MAX_TEXTS, description="The conversation so far. A last assistant's turn goes on."),
]


def to_messages(
    system: Sequence[TextBlock], turns: Sequence[MessageField], kept_thoughts: int | None = None
) -> list[dict[str, Any]]:
    """The messages as ``Conversation`` takes them.

    Only the last ``kept_thoughts`` turns with thoughts keep them; None: all do. Raises InvalidOption for a result of a
    call that is not there.
    """
    messages: list[dict[str, Any]] = []
    if text := joined(block.text for block in system if not block.text.startswith(_BILLING)):
        messages.append({"role": "system", "content": text})
    calls: set[str] = set()
    for role, group in groupby(turns, key=lambda turn: turn.role):
        blocks = [block for turn in group for block in turn.content]
        if role == "assistant":
            messages.append(_assistant(blocks))
            calls.update(block.id for block in blocks if isinstance(block, ToolUseBlock))
        elif role == "user":
            messages += _user(blocks, calls)
        elif text := joined(_texts(blocks)):
            messages.append({"role": "system", "content": text})
    if kept_thoughts is not None:
        thoughtful = [message for message in messages if "reasoning_content" in message]
        for message in thoughtful[: max(0, len(thoughtful) - kept_thoughts)]:
            del message["reasoning_content"]
    return messages


def _assistant(blocks: Sequence[Block]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": joined(_texts(blocks))}
    if thoughts := joined(block.thinking for block in blocks if isinstance(block, ThinkingBlock)):
        message["reasoning_content"] = thoughts
    if calls := [_call(block) for block in blocks if isinstance(block, ToolUseBlock)]:
        message["tool_calls"] = calls
    return message


def _user(blocks: Sequence[Block], calls: set[str]) -> Iterator[dict[str, Any]]:
    """A message for each result, and one for the texts between two results."""
    for is_result, group in groupby(blocks, key=lambda block: isinstance(block, ToolResultBlock)):
        if not is_result:
            yield {"role": "user", "content": joined(_texts(list(group)))}
            continue
        for block in group:
            assert isinstance(block, ToolResultBlock)
            if block.tool_use_id not in calls:
                message = "messages: a tool_result has a tool_use_id that no tool_use before it has"
                raise InvalidOption(message, param="messages")
            yield {"role": "tool", "tool_call_id": block.tool_use_id, "content": block.text}


def _texts(blocks: Sequence[Block]) -> Iterator[str]:
    return (block.text for block in blocks if isinstance(block, TextBlock))


def _call(block: ToolUseBlock) -> dict[str, Any]:
    try:
        arguments = json.dumps(block.input, ensure_ascii=False)
    except RecursionError:
        raise InvalidOption("messages: the input of a tool_use is too deep", param="messages") from None
    return {"id": block.id, "type": "function", "function": {"name": block.name, "arguments": arguments}}
