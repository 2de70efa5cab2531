"""The bodies of ``POST /tokenize`` and ``POST /detokenize``."""

from typing import Annotated

from pydantic import Field, model_validator

from service.api.requests.examples import request_examples
from service.api.requests.fields import MAX_IDS, ModelName, RequestModel, Text, TokenId, contradiction
from service.api.requests.messages import Messages


class TokenizeRequest(RequestModel):
    """A prompt, or messages as the chat template writes them."""

    model: ModelName = None
    prompt: Text | None = None
    messages: Messages | None = None
    add_special_tokens: Annotated[bool | None, Field(description="Default: true for a prompt, false for messages.")] = (
        None
    )
    add_generation_prompt: bool | None = None
    continue_final_message: bool | None = None
    return_token_strs: bool | None = None

    @model_validator(mode="after")
    def _one_input(self) -> "TokenizeRequest":
        if (self.prompt is None) == (self.messages is None):
            raise contradiction("prompt", "Give either prompt or messages")
        return self


class DetokenizeRequest(RequestModel):
    """Token ids to turn into text."""

    model: ModelName = None
    tokens: Annotated[list[TokenId], Field(fail_fast=True), Field(max_length=MAX_IDS, description="Token ids.")]


TOKENIZE_EXAMPLES = request_examples(TokenizeRequest, prompt={"prompt": "Hello, world", "return_token_strs": True})
DETOKENIZE_EXAMPLES = request_examples(DetokenizeRequest, tokens={"tokens": [9707, 11, 1879]})
