"""Messages of a conversation in which the model reasons and calls tools, in OpenAI's shape."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from service.api.requests.conversation.messages import Content
from service.api.requests.fields import MAX_CHARACTERS, MAX_TEXTS, RequestModel, Text, contradiction

_MOST_CALLS = 128

CallId = Annotated[Text, Field(min_length=1, max_length=256)]


class CalledFunction(RequestModel):
    """The function that was called. ``arguments`` is JSON."""

    name: Annotated[Text, Field(max_length=256)]
    arguments: Annotated[Text, Field(max_length=MAX_CHARACTERS)]


class CallField(RequestModel):
    """A call of a tool in an earlier turn."""

    id: CallId
    type: Literal["function"] = "function"
    function: CalledFunction


class ChatMessage(RequestModel):
    """One turn of a conversation, or the result of a call."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Annotated[
        Content | None, Field(description="A text, or a list of text parts, which are joined. null: no text.")
    ] = None
    name: Annotated[Text | None, Field(max_length=256, description="Passed to the model's chat template.")] = None
    tool_calls: Annotated[
        list[CallField] | None, Field(max_length=_MOST_CALLS, description="The calls of an assistant's turn.")
    ] = None
    tool_call_id: Annotated[CallId | None, Field(description="The call that a tool's message answers.")] = None
    reasoning_content: Annotated[
        Text | None, Field(max_length=MAX_CHARACTERS, description="What the assistant thought before its turn.")
    ] = None
    refusal: Annotated[Text | None, Field(max_length=MAX_CHARACTERS, description="Read as the content.")] = None

    @model_validator(mode="after")
    def _consistent(self) -> "ChatMessage":
        if self.role != "assistant":
            for field in ("tool_calls", "reasoning_content", "refusal"):
                if getattr(self, field):
                    raise contradiction(field, f"{field} is for the assistant's turns")
            if self.content is None:
                raise contradiction("content", "content may be null in the assistant's turns only")
        if (self.role == "tool") != (self.tool_call_id is not None):
            raise contradiction("tool_call_id", "tool_call_id is for the messages of tools, which need it")
        return self

    def turn(self) -> dict[str, Any]:
        """The message as ``Conversation`` takes it."""
        message: dict[str, Any] = {
            "role": "system" if self.role == "developer" else self.role,
            "content": self.content or self.refusal or "",
        }
        if self.name:
            message["name"] = self.name
        if self.tool_calls:
            message["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.function.name, "arguments": call.function.arguments},
                }
                for call in self.tool_calls
            ]
        if self.tool_call_id is not None:
            message["tool_call_id"] = self.tool_call_id
        if self.reasoning_content:
            message["reasoning_content"] = self.reasoning_content
        return message


ChatMessages = Annotated[
    list[ChatMessage],
    Field(fail_fast=True),
    Field(min_length=1, max_length=MAX_TEXTS, description="The conversation so far."),
]
