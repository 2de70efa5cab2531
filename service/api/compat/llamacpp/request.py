"""The body of ``POST /completion``, and what it shares with ``POST /infill``."""

import secrets
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from service.api.compat.llamacpp.sampling import LlamaSampling
from service.api.requests.examples import request_examples
from service.api.requests.fields import (
    MAX_CHARACTERS,
    MAX_IDS,
    MAX_TOKENS,
    TOKEN_ID_BOUND,
    ModelName,
    Text,
    contradiction,
    encodable,
)
from service.tasks.structure.structure import Structure


def _check_prompt(value: Any) -> Any:
    """The value as a list of texts and token ids. Raises PydanticCustomError."""
    parts = [value] if isinstance(value, str) else value
    if not isinstance(parts, list) or not parts:
        raise PydanticCustomError("prompt", "Input should be a text, or a list of token ids and texts")
    if len(parts) > MAX_IDS:
        raise PydanticCustomError("too_long", "Input should be at most {most} items", {"most": MAX_IDS})
    for part in parts:
        if isinstance(part, str):
            encodable(part)
        elif type(part) is not int or not 0 <= part < TOKEN_ID_BOUND:
            raise PydanticCustomError("prompt", "Input should be a text, or a list of token ids and texts")
    if len(parts) > 1 and all(isinstance(part, str) for part in parts):
        raise PydanticCustomError("prompt", "Input should be one prompt; several texts are several prompts")
    return parts


LlamaPrompt = Annotated[
    list[str | int],
    BeforeValidator(_check_prompt),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "maxLength": MAX_CHARACTERS},
                {"type": "array", "maxItems": MAX_IDS, "items": {"type": "integer", "minimum": 0, "maximum": 1 << 24}},
            ]
        }
    ),
]


class LlamaTextFields(LlamaSampling):
    """The fields of all routes that generate text."""

    model: ModelName = None
    n_predict: Annotated[
        int | None,
        Field(
            ge=-2,
            le=MAX_TOKENS,
            description="Most tokens; -1 and -2: until the context is full. Default: the service's.",
        ),
    ] = None
    stream: bool | None = None
    grammar: Annotated[Text | None, Field(description="A grammar in llama.cpp's notation (GBNF).")] = None
    json_schema: Annotated[dict[str, Any] | None, Field(description="A JSON schema; {} is any JSON.")] = None
    n_probs: Annotated[int | None, Field(ge=0, le=1024, description="Report the likeliest tokens, so many.")] = None
    return_tokens: Annotated[bool | None, Field(description="Report the token ids.")] = None
    n_keep: Annotated[int | None, Field(ge=-1, le=MAX_TOKENS, description="No prompt is ever cut.")] = None
    n_cache_reuse: Annotated[int | None, Field(ge=0, le=MAX_TOKENS, description="Changes no token.")] = None
    n_cmpl: Annotated[int | None, Field(ge=1, le=1)] = None
    n_indent: Annotated[int | None, Field(ge=0, le=0)] = None
    t_max_predict_ms: Annotated[int | None, Field(ge=-1, le=0)] = None
    id_slot: Annotated[int | None, Field(ge=-1, le=-1, description="Only -1: any.")] = None
    timings_per_token: Literal[False] | None = None
    return_progress: Literal[False] | None = None
    post_sampling_probs: Literal[False] | None = None

    @model_validator(mode="after")
    def _one_structure(self) -> Self:
        if self.grammar and self.json_schema is not None:
            raise contradiction("json_schema", "grammar and json_schema exclude each other")
        return self

    @property
    def max_tokens(self) -> int | None:
        """Most tokens to generate; None if ``n_predict`` names none."""
        return self.n_predict if self.n_predict is not None and self.n_predict >= 0 else None

    @property
    def fills_context(self) -> bool:
        """Whether the text may fill the context."""
        return self.n_predict is not None and self.n_predict < 0

    def chosen_seed(self) -> int:
        """The given seed, or a new one that JavaScript can hold."""
        return secrets.randbits(48) if self.seed in (None, -1) else self.seed or 0

    def structure(self) -> Structure | None:
        """The structure of the text. Raises InvalidOption for one that is unusable."""
        if self.grammar:
            return Structure.grammar(self.grammar, "grammar", "gbnf")
        if self.json_schema is not None:
            return Structure.json_schema(self.json_schema, "json_schema")
        return None


class LlamaCompletionRequest(LlamaTextFields):
    """A prompt to continue."""

    prompt: Annotated[LlamaPrompt, Field(description="A text, token ids, or both in a list. One prompt.")]

    @property
    def parts(self) -> Sequence[str | int]:
        """The texts and the token ids of the prompt, in their order."""
        return self.prompt


EXAMPLES = request_examples(
    LlamaCompletionRequest,
    text={"prompt": "def add(a, b):", "n_predict": 16, "temperature": 0},
    stream={"prompt": "Yes or no? ", "grammar": 'root ::= "yes" | "no"', "stream": True},
)
