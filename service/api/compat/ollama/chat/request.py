"""The body of ``POST /api/chat``."""

from typing import Annotated

from pydantic import Field

from service.api.compat.ollama.fields import OllamaTextFields
from service.api.openapi.example_values import EXAMPLE_MODEL
from service.api.requests.examples import request_examples
from service.api.requests.fields import MAX_TEXTS
from service.api.requests.messages import Message


class OllamaChatRequest(OllamaTextFields):
    """A conversation to answer."""

    messages: Annotated[
        list[Message] | None,
        Field(fail_fast=True),
        Field(max_length=MAX_TEXTS, description="The conversation so far. Without any the model is loaded."),
    ] = None


EXAMPLES = request_examples(
    OllamaChatRequest,
    stream={"model": EXAMPLE_MODEL, "messages": [{"role": "user", "content": "Why is the sky blue?"}]},
    json={
        "model": EXAMPLE_MODEL,
        "messages": [{"role": "user", "content": "Name a river, in JSON."}],
        "format": "json",
        "stream": False,
        "options": {"temperature": 0, "num_predict": 50},
    },
)
