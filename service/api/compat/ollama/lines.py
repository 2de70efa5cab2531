"""Streams as Ollama's clients read them: one JSON object in each line.

Lines are ASCII, since some clients end a line at U+2028 and similar characters too.
"""

from service.api.compat.ollama.error_format import OllamaRoute
from service.api.responses.event_stream import StreamForm
from service.api.wire.response_model import ResponseModel, to_ascii_json


def line(model: ResponseModel) -> bytes:
    """The bytes of one line."""
    return to_ascii_json(model) + b"\n"


# A space before an object is part of its line, and means nothing in JSON: it breaks a silence unseen.
LINES = StreamForm(media_type="application/x-ndjson", event=line, error=OllamaRoute.error_format, ping=b" ", done=b"")
