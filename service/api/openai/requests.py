"""Bodies of the OpenAI routes."""

from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from service.api.requests.fields import (
    MAX_CHARACTERS,
    MAX_IDS,
    MAX_TEXTS,
    MAX_TOKENS,
    TOKEN_ID_BOUND,
    ModelName,
    RequestModel,
    SamplingFields,
    contradiction,
    encodable,
    texts_schema,
)
from service.api.requests.messages import Messages


class StreamOptions(RequestModel):
    """What a stream carries beside the text."""

    include_usage: Annotated[
        bool | None, Field(description="One more chunk at the end, without choices, holds the usage.")
    ] = None
    continuous_usage_stats: Annotated[
        bool | None, Field(description="With include_usage: every chunk holds the usage so far.")
    ] = None


class OpenAIFields(SamplingFields):
    """What both OpenAI routes take."""

    model: ModelName = None
    n: Annotated[int | None, Field(ge=1, le=1024, description="Choices for each prompt. Default: 1.")] = None
    stream: Annotated[bool | None, Field(description="Answer with server-sent events.")] = None
    stream_options: StreamOptions | None = None

    @property
    def include_usage(self) -> bool:
        return self.stream_options is not None and bool(self.stream_options.include_usage)

    @property
    def continuous_usage(self) -> bool:
        return self.stream_options is not None and bool(self.stream_options.continuous_usage_stats)

    @model_validator(mode="after")
    def _stream_options_need_a_stream(self) -> "OpenAIFields":
        if self.stream_options is not None and not self.stream:
            raise contradiction("stream_options", "stream_options needs stream to be true")
        return self


class ChatCompletionRequest(OpenAIFields):
    """``POST /v1/chat/completions``."""

    messages: Messages
    max_tokens: Annotated[
        int | None, Field(ge=1, le=MAX_TOKENS, description="The older name of max_completion_tokens.")
    ] = None
    max_completion_tokens: Annotated[int | None, Field(ge=1, le=MAX_TOKENS, description="Most tokens to generate.")] = (
        None
    )
    logprobs: Annotated[bool | None, Field(description="Report log probabilities of the tokens.")] = None
    top_logprobs: Annotated[
        int | None, Field(ge=0, le=1024, description="With logprobs: so many likeliest alternatives of each token.")
    ] = None
    add_generation_prompt: Annotated[
        bool | None, Field(description="End the prompt with the head of an assistant's turn. Default.")
    ] = None
    continue_final_message: Annotated[bool | None, Field(description="Go on in the last message.")] = None
    add_special_tokens: Annotated[
        Literal[False] | None, Field(description="The chat template writes the special tokens; none are added to it.")
    ] = None

    @model_validator(mode="after")
    def _consistent(self) -> "ChatCompletionRequest":
        both = (self.max_tokens, self.max_completion_tokens)
        if None not in both and both[0] != both[1]:
            raise contradiction("max_tokens", "max_tokens and max_completion_tokens mean the same and must not differ")
        if self.top_logprobs and not self.logprobs:
            raise contradiction("top_logprobs", "top_logprobs needs logprobs to be true")
        if self.continue_final_message and self.add_generation_prompt:
            raise contradiction("continue_final_message", "continue_final_message excludes add_generation_prompt")
        return self


def _as_prompts(value: Any) -> list[str] | list[list[int]]:
    """One prompt becomes a list of one; texts and token ids are not mixed."""
    if isinstance(value, str) or (isinstance(value, list) and value and type(value[0]) is int):
        value = [value]
    if not isinstance(value, list) or not value:
        raise PydanticCustomError(
            "prompt", "Input should be a text, a list of texts, token ids, or a list of token ids"
        )
    if len(value) > MAX_TEXTS:
        raise PydanticCustomError("too_long", "Input should be at most {most} prompts", {"most": MAX_TEXTS})
    for i, prompt in enumerate(value):
        if type(prompt) is not type(value[0]) or not _is_prompt(prompt):
            raise PydanticCustomError("prompt", "Item {i} should be a text, or token ids, as all the others", {"i": i})
    return value


def _is_prompt(prompt: Any) -> bool:
    if isinstance(prompt, list):
        if not prompt:
            return True
        # By functions that loop in C: there may be a million of them.
        return len(prompt) <= MAX_IDS and set(map(type, prompt)) == {int} and _are_ids(min(prompt), max(prompt))
    return isinstance(prompt, str) and len(prompt) <= MAX_CHARACTERS and encodable(prompt) == prompt


def _are_ids(lowest: int, highest: int) -> bool:
    return lowest >= 0 and highest < TOKEN_ID_BOUND


_IDS = {
    "type": "array",
    "items": {"type": "integer", "minimum": 0, "maximum": TOKEN_ID_BOUND - 1},
    "maxItems": MAX_IDS,
}

Prompts = Annotated[
    Any,
    PlainValidator(_as_prompts),
    WithJsonSchema(
        {
            "anyOf": [
                *texts_schema()["anyOf"],
                _IDS,
                {"type": "array", "items": _IDS, "maxItems": MAX_TEXTS},
            ]
        }
    ),
]


class CompletionRequest(OpenAIFields):
    """``POST /v1/completions``."""

    prompt: Annotated[Prompts, Field(description="One text, several, or token ids of one or of several.")]
    max_tokens: Annotated[
        int | None, Field(ge=0, le=MAX_TOKENS, description="Most tokens to generate; 0 only scores. Default: 16.")
    ] = None
    add_special_tokens: Annotated[
        bool | None, Field(description="Let the tokenizer add special tokens to a text prompt. Default.")
    ] = None
    echo: Annotated[bool | None, Field(description="Put the prompt before the completion.")] = None
    logprobs: Annotated[
        int | None, Field(ge=0, le=1024, description="Report log probabilities, with so many alternatives.")
    ] = None
    best_of: Annotated[int | None, Field(ge=1, le=1024, description="Must be n: candidates are not ranked here.")] = (
        None
    )

    @model_validator(mode="after")
    def _best_of_is_n(self) -> "CompletionRequest":
        if self.best_of is not None and self.best_of != (self.n or 1):
            raise contradiction("best_of", "best_of other than n is not supported")
        return self
