"""The bodies of ``POST /tokenize`` and ``POST /detokenize``."""

from typing import Annotated

from pydantic import Field, model_validator

from service.api.requests.conversation.messages import Messages
from service.api.requests.examples import request_examples
from service.api.requests.fields import MAX_IDS, ModelName, RequestModel, Text, TokenId, contradiction

# Input -> the fields that belong to it. The others are refused beside it.
_OWN_FIELDS = {
    "prompt": {"add_special_tokens", "return_token_strs"},
    "messages": {"add_special_tokens", "return_token_strs", "add_generation_prompt", "continue_final_message"},
    "inputs": {"add_special_tokens"},
    "content": {"add_special", "parse_special", "with_pieces"},
}
_ALL_OWN = set[str]().union(*_OWN_FIELDS.values())


class TokenizeRequest(RequestModel):
    """A text, or messages as the chat template writes them. The name of the text's field chooses the answer's form."""

    model: ModelName = None
    prompt: Annotated[Text | None, Field(description="A text; the answer is as in vLLM.")] = None
    messages: Messages | None = None
    inputs: Annotated[Text | None, Field(description="A text; the answer is as in TGI.")] = None
    content: Annotated[Text | None, Field(description="A text; the answer is as in llama.cpp.")] = None
    add_special_tokens: Annotated[
        bool | None, Field(description="Default: true for prompt and inputs, false for messages.")
    ] = None
    add_generation_prompt: bool | None = None
    continue_final_message: bool | None = None
    return_token_strs: bool | None = None
    add_special: Annotated[bool | None, Field(description="With content: add the special tokens. Default: false.")] = (
        None
    )
    parse_special: Annotated[
        bool | None, Field(description="With content: special tokens in the text are tokens; false is refused.")
    ] = None
    with_pieces: Annotated[bool | None, Field(description="With content: the text of each token too.")] = None

    @model_validator(mode="after")
    def _one_input(self) -> "TokenizeRequest":
        given = [name for name in _OWN_FIELDS if getattr(self, name) is not None]
        if len(given) != 1:
            raise contradiction("prompt", "Give one of prompt, messages, inputs and content")
        for name in sorted(_ALL_OWN - _OWN_FIELDS[given[0]]):
            if getattr(self, name):
                raise contradiction(name, f"{name} does not belong to {given[0]}")
        if self.parse_special is False:
            raise contradiction("parse_special", "parse_special: special tokens in the text are always tokens")
        return self


class DetokenizeRequest(RequestModel):
    """Token ids to turn into text."""

    model: ModelName = None
    tokens: Annotated[list[TokenId], Field(fail_fast=True), Field(max_length=MAX_IDS, description="Token ids.")]


TOKENIZE_EXAMPLES = request_examples(
    TokenizeRequest,
    prompt={"prompt": "Hello, world", "return_token_strs": True},
    tgi={"inputs": "Hello, world"},
    llamacpp={"content": "Hello, world", "with_pieces": True},
)
DETOKENIZE_EXAMPLES = request_examples(DetokenizeRequest, tokens={"tokens": [9707, 11, 1879]})
