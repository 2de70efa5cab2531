"""The messages of ``POST /api/chat``. Calls have no ids here, and their arguments are objects."""

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from service.api.requests.fields import MAX_CHARACTERS, MAX_TEXTS, RequestModel, Text, contradiction

_MOST_CALLS = 128


class OllamaFunction(RequestModel):
    """The function that was called."""

    name: Annotated[Text, Field(max_length=256)]
    arguments: Annotated[
        dict[str, Any] | None, Field(max_length=1024, description="By the names of the parameters.")
    ] = None


class OllamaCall(RequestModel):
    """A call of a tool in an earlier turn."""

    function: OllamaFunction


class OllamaChatMessage(RequestModel):
    """One turn of a conversation, or the result of a call."""

    role: Literal["system", "user", "assistant", "tool"]
    content: Annotated[Text | None, Field(max_length=MAX_CHARACTERS)] = None
    thinking: Annotated[Text | None, Field(max_length=MAX_CHARACTERS, description="The assistant's thoughts.")] = None
    tool_calls: Annotated[list[OllamaCall] | None, Field(max_length=_MOST_CALLS)] = None
    tool_name: Annotated[Text | None, Field(max_length=256, description="The tool whose result this is.")] = None

    @model_validator(mode="after")
    def _consistent(self) -> "OllamaChatMessage":
        if self.role != "assistant":
            for field in ("tool_calls", "thinking"):
                if getattr(self, field):
                    raise contradiction(field, f"{field} is for the assistant's turns")
            if self.content is None:
                raise contradiction("content", "content is needed")
        if self.tool_name is not None and self.role != "tool":
            raise contradiction("tool_name", "tool_name is for the messages of tools")
        return self


OllamaMessages = Annotated[
    list[OllamaChatMessage],
    Field(fail_fast=True),
    Field(max_length=MAX_TEXTS, description="The conversation so far. Without any the model is loaded."),
]


def turns(messages: Sequence[OllamaChatMessage]) -> list[dict[str, Any]]:
    """The messages as ``Conversation`` takes them. Each result answers the first open call, of its tool if named."""
    found: list[dict[str, Any]] = []
    open_calls: list[tuple[str, str]] = []  # id and name
    for message in messages:
        turn: dict[str, Any] = {"role": message.role, "content": message.content or ""}
        if message.thinking:
            turn["reasoning_content"] = message.thinking
        if message.tool_calls:
            calls = [_call(f"call_{len(found)}_{i}", call) for i, call in enumerate(message.tool_calls)]
            turn["tool_calls"] = calls
            open_calls += [(call["id"], call["function"]["name"]) for call in calls]
        if message.role == "tool":
            place = next((i for i, (_, name) in enumerate(open_calls) if message.tool_name in (None, name)), None)
            id, name = (f"call_{len(found)}", None) if place is None else open_calls.pop(place)
            turn["tool_call_id"] = id
            if name := message.tool_name or name:
                turn["name"] = name
        found.append(turn)
    return found


def _call(id: str, call: OllamaCall) -> dict[str, Any]:
    arguments = json.dumps(call.function.arguments or {}, ensure_ascii=False)
    return {"id": id, "type": "function", "function": {"name": call.function.name, "arguments": arguments}}
