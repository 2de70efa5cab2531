"""The body of ``POST /v1/completions``."""

from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from service.api.openai.fields import OpenAIFields
from service.api.openapi.example_values import EXAMPLE_MODEL
from service.api.requests.examples import request_examples
from service.api.requests.fields import (
    MAX_CHARACTERS,
    MAX_IDS,
    MAX_TEXTS,
    MAX_TOKENS,
    TOKEN_ID_BOUND,
    Text,
    contradiction,
    encodable,
    texts_schema,
)


def _as_prompts(value: Any) -> list[str] | list[list[int]]:
    """The prompts as a list. Raises PydanticCustomError for a mixture of texts and token ids."""
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
        # set, map, min and max loop in C: there may be a million tokens.
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
    """Prompts to continue."""

    prompt: Annotated[Prompts, Field(description="One text, several texts, token ids, or several lists of token ids.")]
    max_tokens: Annotated[
        int | None, Field(ge=0, le=MAX_TOKENS, description="Most tokens to generate; 0 only scores. Default: 16.")
    ] = None
    add_special_tokens: Annotated[
        bool | None, Field(description="Let the tokenizer add special tokens to a text prompt. Default: true.")
    ] = None
    echo: Annotated[bool | None, Field(description="Put the prompt before the completion.")] = None
    logprobs: Annotated[
        int | None, Field(ge=0, le=1024, description="Report log probabilities, with this many alternatives.")
    ] = None
    suffix: Annotated[
        Text | None, Field(description="The text after the completion, for models that can fill in the middle.")
    ] = None

    @model_validator(mode="after")
    def _consistent(self) -> "CompletionRequest":
        if self.best_of is not None and self.best_of < (self.n or 1):
            raise contradiction("best_of", "best_of must not be less than n")
        if self.best_of is not None and self.stream and not self.use_beam_search and self.best_of != (self.n or 1):
            raise contradiction("best_of", "best_of other than n excludes stream: the best are known at the end")
        if self.suffix and self.echo:
            raise contradiction("suffix", "suffix excludes echo: the prompt holds the suffix too")
        if self.suffix and self.truncate_prompt_tokens is not None:
            raise contradiction("suffix", "suffix excludes truncate_prompt_tokens")
        return self


EXAMPLES = request_examples(
    CompletionRequest,
    text={"model": EXAMPLE_MODEL, "prompt": "def add(a, b):", "max_tokens": 16, "temperature": 0},
    scoring={"prompt": ["The sky is blue"], "max_tokens": 0, "echo": True, "logprobs": 1},
)
