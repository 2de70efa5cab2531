"""The events of a stream, with OpenAI's names. Every event has the next number of its stream."""

from service.api.openai.logprobs import ChatTokenLogprob
from service.api.openai.responses.items import OutputItem, OutputText, ReasoningText
from service.api.openai.responses.output.response import ResponseObject
from service.api.responses.event_stream import event
from service.api.wire.response_model import ResponseModel


class ResponseEvent(ResponseModel, tag_field="type"):
    """An event. Its type is its name."""

    sequence_number: int


class ResponseCreated(ResponseEvent, tag="response.created"):
    """The first event."""

    response: ResponseObject


class ResponseInProgress(ResponseEvent, tag="response.in_progress"):
    """The model has begun."""

    response: ResponseObject


class ResponseCompleted(ResponseEvent, tag="response.completed"):
    """The whole response."""

    response: ResponseObject


class ResponseIncomplete(ResponseEvent, tag="response.incomplete"):
    """The whole response, which was cut off."""

    response: ResponseObject


class ResponseFailed(ResponseEvent, tag="response.failed"):
    """The response as far as it came, and its error."""

    response: ResponseObject


class ErrorEvent(ResponseEvent, tag="error"):
    """An error. The failed response follows."""

    code: str | None
    message: str
    param: str | None


class OutputItemAdded(ResponseEvent, tag="response.output_item.added"):
    """An item begins."""

    output_index: int
    item: OutputItem


class OutputItemDone(ResponseEvent, tag="response.output_item.done"):
    """A whole item."""

    output_index: int
    item: OutputItem


class _PartEvent(ResponseEvent):
    item_id: str
    output_index: int
    content_index: int


class ContentPartAdded(_PartEvent, tag="response.content_part.added"):
    """The text of an item begins."""

    part: OutputText | ReasoningText


class ContentPartDone(_PartEvent, tag="response.content_part.done"):
    """The whole text of an item."""

    part: OutputText | ReasoningText


class OutputTextDelta(_PartEvent, tag="response.output_text.delta"):
    """New text of a message."""

    delta: str
    logprobs: list[ChatTokenLogprob]


class OutputTextDone(_PartEvent, tag="response.output_text.done"):
    """The whole text of a message."""

    text: str
    logprobs: list[ChatTokenLogprob]


class ReasoningTextDelta(_PartEvent, tag="response.reasoning_text.delta"):
    """New thoughts."""

    delta: str


class ReasoningTextDone(_PartEvent, tag="response.reasoning_text.done"):
    """The whole thoughts."""

    text: str


class _CallEvent(ResponseEvent):
    item_id: str
    output_index: int


class FunctionCallArgumentsDelta(_CallEvent, tag="response.function_call_arguments.delta"):
    """New text of a call's arguments."""

    delta: str


class FunctionCallArgumentsDone(_CallEvent, tag="response.function_call_arguments.done"):
    """The whole arguments of a call."""

    name: str
    arguments: str


def named_event(model: ResponseModel) -> bytes:
    """The bytes of an event with its name."""
    return f"event: {model.__struct_config__.tag}\n".encode() + event(model)
