"""The answer of ``POST /v1/messages``: one message, or the events of a stream."""

from typing import Any, Literal, Self

from service.api.openapi.example_values import EXAMPLE_MODEL
from service.api.wire.response_model import ResponseModel
from service.tasks.generation.usage import Usage

StopReason = Literal["end_turn", "max_tokens", "stop_sequence", "tool_use", "model_context_window_exceeded"]


class TextContent(ResponseModel, tag="text", tag_field="type"):
    """Text of the model."""

    text: str
    citations: None = None


class ThinkingContent(ResponseModel, tag="thinking", tag_field="type"):
    """What the model thought before it answered."""

    thinking: str
    signature: str


class ToolUseContent(ResponseModel, tag="tool_use", tag_field="type"):
    """A call of a tool, which the client runs. ``input`` validates against the tool's schema unless it was cut off."""

    id: str
    name: str
    input: dict[str, Any]


Content = TextContent | ThinkingContent | ToolUseContent


class OutputTokensDetails(ResponseModel):
    """A part of the generated tokens."""

    thinking_tokens: int


class MessageUsage(ResponseModel):
    """Counts of tokens. The prompt has ``input_tokens`` and those that were read from the cache."""

    input_tokens: int
    cache_creation_input_tokens: int
    cache_read_input_tokens: int
    output_tokens: int
    output_tokens_details: OutputTokensDetails
    service_tier: Literal["standard"] = "standard"

    @classmethod
    def from_usage(cls, usage: Usage) -> Self:
        """The object for the tokens that a task has used until now."""
        return cls(
            input_tokens=usage.prompt_tokens - usage.cached_tokens,
            cache_creation_input_tokens=0,
            cache_read_input_tokens=usage.cached_tokens,
            output_tokens=usage.completion_tokens,
            output_tokens_details=OutputTokensDetails(usage.reasoning_tokens),
        )


class MessageResponse(ResponseModel, tag="message", tag_field="type", kw_only=True):
    """The model's turn. ``stop_sequence`` is the one that ended it, if one did."""

    id: str
    role: Literal["assistant"] = "assistant"
    model: str
    content: list[Content]
    stop_reason: StopReason | None
    stop_sequence: str | None
    usage: MessageUsage


class MessageStart(ResponseModel, tag="message_start", tag_field="type"):
    """The first event: the message without content."""

    message: MessageResponse


class ContentBlockStart(ResponseModel, tag="content_block_start", tag_field="type"):
    """A block begins. It is empty."""

    index: int
    content_block: Content


class TextDelta(ResponseModel, tag="text_delta", tag_field="type"):
    """New text."""

    text: str


class ThinkingDelta(ResponseModel, tag="thinking_delta", tag_field="type"):
    """New thoughts."""

    thinking: str


class SignatureDelta(ResponseModel, tag="signature_delta", tag_field="type"):
    """The signature of the thoughts, at their end."""

    signature: str


class InputJsonDelta(ResponseModel, tag="input_json_delta", tag_field="type"):
    """New text of the JSON of a call's input."""

    partial_json: str


class ContentBlockDelta(ResponseModel, tag="content_block_delta", tag_field="type"):
    """A block goes on."""

    index: int
    delta: TextDelta | ThinkingDelta | SignatureDelta | InputJsonDelta


class ContentBlockStop(ResponseModel, tag="content_block_stop", tag_field="type"):
    """A block is whole."""

    index: int


class StopDelta(ResponseModel):
    """Why the message ended."""

    stop_reason: StopReason
    stop_sequence: str | None


class MessageDelta(ResponseModel, tag="message_delta", tag_field="type"):
    """The message ends. The usage is that of the whole message."""

    delta: StopDelta
    usage: MessageUsage


class MessageStop(ResponseModel, tag="message_stop", tag_field="type"):
    """The last event."""


BlockEvent = ContentBlockStart | ContentBlockDelta | ContentBlockStop

_USAGE = MessageUsage(9, 0, 0, 3, OutputTokensDetails(0))
EXAMPLE = MessageResponse(
    id="msg_6b1e",
    model=EXAMPLE_MODEL,
    content=[TextContent("Paris")],
    stop_reason="end_turn",
    stop_sequence=None,
    usage=_USAGE,
)
EXAMPLE_EVENTS = (
    MessageStart(
        MessageResponse(
            id="msg_6b1e", model=EXAMPLE_MODEL, content=[], stop_reason=None, stop_sequence=None, usage=_USAGE
        )
    ),
    ContentBlockStart(0, TextContent("")),
    ContentBlockDelta(0, TextDelta("Paris")),
    ContentBlockStop(0),
    MessageDelta(StopDelta("end_turn", None), _USAGE),
    MessageStop(),
)
