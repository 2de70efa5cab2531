"""The body of ``POST /v1/messages``."""

from typing import Annotated, Any, Literal

from pydantic import Field

from service.api.compat.anthropic.conversation.fields import PromptFields
from service.api.openapi.example_values import EXAMPLE_MODEL
from service.api.requests.examples import request_examples
from service.api.requests.fields import MAX_TOKENS, TOKEN_ID_BOUND, RequestModel, StopString, Text
from service.api.requests.sampling_fields import SamplingFields


class Metadata(RequestModel):
    """The client's own words about the request. They change nothing."""

    user_id: Annotated[Text | None, Field(max_length=1 << 16)] = None


class MessagesRequest(PromptFields):
    """A conversation to answer."""

    max_tokens: Annotated[
        int,
        Field(
            ge=0,
            le=MAX_TOKENS,
            description="Most tokens to generate; more than the context has room for means all that fit.",
        ),
    ]
    stop_sequences: Annotated[
        Annotated[list[StopString], Field(fail_fast=True)] | None,
        Field(max_length=1024, description="Texts that end the output; they are left out."),
    ] = None
    stream: Annotated[bool | None, Field(description="Answer with server-sent events.")] = None
    temperature: Annotated[float | None, Field(ge=0, le=1, description="Default: 1.")] = None
    top_p: Annotated[float | None, Field(gt=0, le=1)] = None
    top_k: Annotated[int | None, Field(ge=0, lt=TOKEN_ID_BOUND, description="0: all tokens.")] = None
    thread: Annotated[
        dict[str, Any] | None, Field(max_length=16, description="Refused: no conversation is kept here.")
    ] = None
    metadata: Metadata | None = None
    service_tier: Annotated[
        Literal["auto", "standard_only"] | None, Field(description="There is one tier, standard.")
    ] = None

    def sampling(self) -> SamplingFields:
        """The same as the fields that all generating routes have."""
        return SamplingFields(
            temperature=self.temperature, top_p=self.top_p, top_k=self.top_k, stop=self.stop_sequences
        )


EXAMPLES = request_examples(
    MessagesRequest,
    message={
        "model": EXAMPLE_MODEL,
        "max_tokens": 100,
        "system": "Answer in one word.",
        "messages": [{"role": "user", "content": "What is the capital of France?"}],
    },
    tools={
        "model": EXAMPLE_MODEL,
        "max_tokens": 200,
        "messages": [{"role": "user", "content": "What is the weather in Oslo?"}],
        "tools": [
            {
                "name": "get_weather",
                "description": "The weather in a city now.",
                "input_schema": {
                    "type": "object",
                    "properties": {"city": {"type": "string"}},
                    "required": ["city"],
                    "additionalProperties": False,
                },
            }
        ],
        "stream": True,
    },
)
