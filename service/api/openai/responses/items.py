"""The items of a conversation in JSON: what clients send, and what the model answers with."""

from typing import Literal
from uuid import uuid4

from msgspec import field

from service.api.openai.logprobs import ChatTokenLogprob
from service.api.wire.response_model import ResponseModel

ItemStatus = Literal["in_progress", "completed", "incomplete"]
Role = Literal["user", "assistant", "system", "developer"]


class InputText(ResponseModel, tag_field="type", tag="input_text"):
    """A text of the client."""

    text: str


class OutputText(ResponseModel, tag_field="type", tag="output_text"):
    """A text of the model. It never has annotations."""

    text: str
    annotations: list[str] = field(default_factory=list)
    logprobs: list[ChatTokenLogprob] = field(default_factory=list)


class ReasoningText(ResponseModel, tag_field="type", tag="reasoning_text"):
    """What the model thought."""

    text: str


class SummaryText(ResponseModel, tag_field="type", tag="summary_text"):
    """A summary of thoughts. Only clients have any."""

    text: str


class MessageItem(ResponseModel, tag_field="type", tag="message"):
    """A text. That of an assistant is an ``OutputText``."""

    id: str
    role: Role
    content: list[InputText | OutputText]
    status: ItemStatus

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.content)


class ReasoningItem(ResponseModel, tag_field="type", tag="reasoning"):
    """Thoughts before a message or a call."""

    id: str
    summary: list[SummaryText]
    content: list[ReasoningText]
    status: ItemStatus
    encrypted_content: None = None

    @property
    def text(self) -> str:
        """The thoughts, or the summary that a client has in their place."""
        return "".join(part.text for part in self.content or self.summary)


class FunctionCallItem(ResponseModel, tag_field="type", tag="function_call"):
    """A call of a function, which the client runs. ``arguments`` is JSON."""

    id: str
    call_id: str
    name: str
    arguments: str
    status: ItemStatus


class FunctionCallOutputItem(ResponseModel, tag_field="type", tag="function_call_output"):
    """The result of a call."""

    id: str
    call_id: str
    output: str
    status: ItemStatus


OutputItem = ReasoningItem | MessageItem | FunctionCallItem
Item = OutputItem | FunctionCallOutputItem


def new_id(prefix: str) -> str:
    """A new id of an item or a response."""
    return f"{prefix}_{uuid4().hex}"
