"""The model's turn in an answer: whole, and as a delta of a stream."""

from typing import Literal, Self

from service.api.wire.response_model import UNSET, ResponseModel, UnsetType
from service.tasks.conversation.parsing.turn import CallDelta, Parts, ToolCall, Turn


class Function(ResponseModel):
    """The function that the model calls. ``arguments`` is JSON that validates against the function's schema."""

    name: str
    arguments: str


class Call(ResponseModel):
    """A call of a tool, which the client runs. Its result is a message of the role tool with this id."""

    id: str
    type: Literal["function"]
    function: Function

    @classmethod
    def from_call(cls, call: ToolCall) -> Self:
        """The call in OpenAI's shape."""
        return cls(call.id, "function", Function(call.name, call.arguments))


class AssistantMessage(ResponseModel):
    """The model's turn."""

    role: Literal["assistant"]
    content: str | None  # null: nothing but calls
    refusal: None = None
    reasoning_content: str | UnsetType = UNSET
    tool_calls: list[Call] | UnsetType = UNSET

    @classmethod
    def from_turn(cls, turn: Turn, *, reasoning: bool) -> Self:
        """The whole turn; without ``reasoning`` the thoughts are left out."""
        return cls(
            "assistant",
            None if turn.calls and not turn.text else turn.text,
            reasoning_content=(reasoning and turn.reasoning) or UNSET,
            tool_calls=[Call.from_call(call) for call in turn.calls] or UNSET,
        )


class FunctionDelta(ResponseModel):
    """New text of the arguments. The name is in the first delta of a call."""

    name: str | UnsetType = UNSET
    arguments: str = ""


class ChunkCall(ResponseModel):
    """New text of the call with this index. Its id is in its first delta."""

    index: int
    id: str | UnsetType = UNSET
    type: Literal["function"] | UnsetType = UNSET
    function: FunctionDelta | UnsetType = UNSET

    @classmethod
    def from_delta(cls, call: CallDelta) -> Self:
        """The delta in OpenAI's shape."""
        if call.id is None or call.name is None:
            return cls(call.index, function=FunctionDelta(arguments=call.arguments))
        return cls(call.index, call.id, "function", FunctionDelta(call.name, call.arguments))


class ChatDelta(ResponseModel):
    """New text. The role is in the first delta of a choice; the last delta is empty."""

    role: Literal["assistant"] | UnsetType = UNSET
    content: str | UnsetType = UNSET
    reasoning_content: str | UnsetType = UNSET
    tool_calls: list[ChunkCall] | UnsetType = UNSET

    @classmethod
    def from_parts(cls, parts: Parts, *, reasoning: bool) -> Self | None:
        """The new parts of a turn, or None if there are none to send."""
        thoughts = parts.reasoning if reasoning else ""
        if not (parts.text or thoughts or parts.calls):
            return None
        calls = [ChunkCall.from_delta(call) for call in parts.calls]
        return cls(UNSET, parts.text or UNSET, thoughts or UNSET, calls or UNSET)
