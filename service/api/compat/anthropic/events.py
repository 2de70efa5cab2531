"""Streams as Anthropic's clients read them: server-sent events with names, and no end mark."""

from service.api.compat.anthropic.error_format import anthropic_error
from service.api.responses.event_stream import StreamForm
from service.api.wire.response_model import ResponseModel, to_ascii_json


def named_event(model: ResponseModel) -> bytes:
    """The bytes of one event. Its name is the tag of its model."""
    return f"event: {model.__struct_config__.tag}\ndata: ".encode() + to_ascii_json(model) + b"\n\n"


NAMED_EVENTS = StreamForm(
    media_type="text/event-stream",
    event=named_event,
    error=anthropic_error,
    ping=b'event: ping\ndata: {"type": "ping"}\n\n',
    done=b"",
)
