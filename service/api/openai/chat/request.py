"""The body of ``POST /v1/chat/completions``."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from service.api.openai.fields import OpenAIFields
from service.api.openapi.example_values import EXAMPLE_MODEL
from service.api.requests.examples import request_examples
from service.api.requests.fields import MAX_TOKENS, contradiction
from service.api.requests.messages import Messages


class ChatCompletionRequest(OpenAIFields):
    """A conversation to answer."""

    messages: Messages
    max_tokens: Annotated[
        int | None, Field(ge=1, le=MAX_TOKENS, description="The older name of max_completion_tokens.")
    ] = None
    max_completion_tokens: Annotated[int | None, Field(ge=1, le=MAX_TOKENS, description="Most tokens to generate.")] = (
        None
    )
    logprobs: Annotated[bool | None, Field(description="Report log probabilities of the tokens.")] = None
    top_logprobs: Annotated[
        int | None, Field(ge=0, le=1024, description="With logprobs: this many likeliest alternatives of each token.")
    ] = None
    add_generation_prompt: Annotated[
        bool | None, Field(description="End the prompt with the start of an assistant's turn. Default: true.")
    ] = None
    continue_final_message: Annotated[bool | None, Field(description="Continue the last message.")] = None
    add_special_tokens: Annotated[
        Literal[False] | None, Field(description="The chat template writes the special tokens; none are added.")
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


EXAMPLES = request_examples(
    ChatCompletionRequest,
    chat={
        "model": EXAMPLE_MODEL,
        "messages": [
            {"role": "system", "content": "Answer in one word."},
            {"role": "user", "content": "What is the capital of France?"},
        ],
    },
    stream={
        "model": EXAMPLE_MODEL,
        "messages": [{"role": "user", "content": "你好"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    },
)
