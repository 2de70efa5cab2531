"""The bodies of ``POST /v1/responses`` and ``POST /v1/responses/input_tokens``."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from service.api.openai.responses.input.input_items import Input, ItemId
from service.api.openai.responses.input.text_fields import TextField
from service.api.openai.responses.input.tool_fields import FunctionChoice, FunctionTools, tool_use
from service.api.openapi.example_values import EXAMPLE_MODEL
from service.api.requests.examples import request_examples
from service.api.requests.fields import MAX_CHARACTERS, MAX_TOKENS, ModelName, RequestModel, Text, contradiction
from service.api.requests.metadata import Metadata
from service.api.requests.sampling_fields import SamplingFields
from service.tasks.conversation.formats.reasoning import Effort, ReasoningUse
from service.tasks.conversation.formats.tool import ToolUse

LOGPROBS = "message.output_text.logprobs"
# Thoughts are in the clear, so a client that keeps no responses here can send them back: nothing need be encrypted.
_Includable = Literal["message.output_text.logprobs", "reasoning.encrypted_content"]


def _refuse(value: Any) -> None:
    if value is not None:
        raise PydanticCustomError("refused", "this service cannot do what the field asks for; leave it out")


Refused = Annotated[None, BeforeValidator(_refuse)]
_Label = Annotated[Text | None, Field(max_length=512, description="Given back; changes nothing.")]


class ReasoningField(RequestModel):
    """How much the model thinks. The answer has its thoughts, and never a summary of them."""

    effort: Effort | None = None
    summary: Annotated[Literal["auto"] | None, Field(description="auto: a summary if there is one.")] = None
    generate_summary: Annotated[Literal["auto"] | None, Field(description="The older name of summary.")] = None
    context: Literal["auto"] | None = None
    mode: Literal["standard"] | None = None


class ConversationFields(RequestModel):
    """The conversation to continue, and what the next turn may be made of."""

    model: ModelName = None
    input: Input | None = None
    instructions: Annotated[
        Text | None, Field(max_length=MAX_CHARACTERS, description="A system message before everything else.")
    ] = None
    previous_response_id: Annotated[ItemId | None, Field(description="The stored response to continue.")] = None
    tools: Annotated[FunctionTools | None, Field(description="Functions that the model may call.")] = None
    tool_choice: FunctionChoice | None = None
    parallel_tool_calls: Annotated[
        bool | None, Field(description="Allow more than one call in a turn. Default: true.")
    ] = None
    reasoning: ReasoningField | None = None
    text: TextField | None = None
    truncation: Annotated[Literal["disabled"] | None, Field(description="No input is ever cut.")] = None
    conversation: Refused = None
    prompt: Refused = None

    @model_validator(mode="after")
    def _has_input(self) -> "ConversationFields":
        if not self.input and self.previous_response_id is None:
            raise contradiction("input", "input or previous_response_id is needed")
        return self

    def tool_use(self) -> ToolUse:
        """Raises InvalidOption if the tools and the choice do not fit together."""
        return tool_use(self.tools, self.tool_choice, parallel=self.parallel_tool_calls is not False)

    def reasoning_use(self) -> ReasoningUse:
        """What the client asks for about thoughts."""
        effort = None if self.reasoning is None else self.reasoning.effort
        return ReasoningUse(effort=effort, param="reasoning.effort")


class InputTokensRequest(ConversationFields):
    """A conversation whose tokens are counted."""


class ResponseStreamOptions(RequestModel):
    """How to stream. Nothing is added to events to hide their sizes."""

    include_obfuscation: Literal[False] | None = None


class ResponsesRequest(ConversationFields, SamplingFields):
    """A conversation to answer."""

    max_output_tokens: Annotated[int | None, Field(ge=1, le=MAX_TOKENS, description="Most tokens to generate.")] = None
    max_tool_calls: Annotated[
        int | None, Field(ge=1, le=1 << 20, description="Bounds built-in tools only, so it changes nothing.")
    ] = None
    top_logprobs: Annotated[
        int | None, Field(ge=0, le=1024, description=f"With {LOGPROBS}: alternatives of each token.")
    ] = None
    include: Annotated[list[_Includable] | None, Field(max_length=16, description="Further parts of the answer.")] = (
        None
    )
    stream: Annotated[bool | None, Field(description="Answer with server-sent events.")] = None
    stream_options: ResponseStreamOptions | None = None
    store: Annotated[bool | None, Field(description="Keep the response, so that it can be continued.")] = None
    metadata: Annotated[Metadata | None, Field(description="Given back.")] = None
    background: Annotated[Literal[False] | None, Field(description="Nothing runs in the background.")] = None
    service_tier: Literal["auto", "default"] | None = None
    user: _Label = None
    safety_identifier: _Label = None
    prompt_cache_key: _Label = None

    @property
    def wants_logprobs(self) -> bool:
        return LOGPROBS in (self.include or ())

    @model_validator(mode="after")
    def _consistent(self) -> "ResponsesRequest":
        if self.top_logprobs and not self.wants_logprobs:
            raise contradiction("top_logprobs", f"top_logprobs needs {LOGPROBS} in include")
        if self.stream_options is not None and not self.stream:
            raise contradiction("stream_options", "stream_options needs stream to be true")
        return self


_WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city now.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}

EXAMPLES = request_examples(
    ResponsesRequest,
    text={"model": EXAMPLE_MODEL, "instructions": "Answer in one word.", "input": "What is the capital of France?"},
    stream={"model": EXAMPLE_MODEL, "input": "你好", "stream": True},
    tools={
        "model": EXAMPLE_MODEL,
        "input": [{"role": "user", "content": "What is the weather in Oslo?"}],
        "tools": [_WEATHER],
    },
)
COUNT_EXAMPLES = request_examples(InputTokensRequest, text={"model": EXAMPLE_MODEL, "input": "How are you?"})
