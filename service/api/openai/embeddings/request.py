"""The body of ``POST /v1/embeddings``."""

from typing import Annotated, Any, Literal, cast

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from service.api.requests.examples import request_examples
from service.api.requests.fields import (
    MAX_IDS,
    MAX_TEXTS,
    TOKEN_ID_BOUND,
    ModelName,
    Priority,
    RequestModel,
    Text,
    contradiction,
    encodable,
    texts_schema,
)
from service.tasks.embedding.prompts import InputType


def _check_input(value: Any) -> Any:
    """The value itself. Raises PydanticCustomError unless it is a text, a list of texts, tokens or a list of tokens."""
    if isinstance(value, str):
        return encodable(value)
    if not isinstance(value, list) or not value:
        raise _not_an_input()
    if len(value) > MAX_IDS:
        raise PydanticCustomError("too_long", "Input should be at most {most} tokens", {"most": MAX_IDS})
    if type(value[0]) is int:
        _check_tokens(value)
        return value
    if len(value) > MAX_TEXTS:
        raise PydanticCustomError("too_long", "Input should be at most {most} texts", {"most": MAX_TEXTS})
    if isinstance(value[0], str):
        if not all(isinstance(text, str) for text in value):
            raise _not_an_input()
        for text in value:
            encodable(text)
        return value
    for tokens in value:
        _check_tokens(tokens)
    return value


def _check_tokens(tokens: Any) -> None:
    """Raises PydanticCustomError unless this is a list of token ids that is not empty."""
    if not isinstance(tokens, list) or set(map(type, tokens)) != {int}:
        raise _not_an_input()
    if min(tokens) < 0 or max(tokens) >= TOKEN_ID_BOUND:
        raise PydanticCustomError(
            "token_id", "Input should be token ids from 0 to {last}", {"last": TOKEN_ID_BOUND - 1}
        )


def _not_an_input() -> PydanticCustomError:
    return PydanticCustomError("input", "Input should be a text, a list of texts, a list of tokens, or a list of these")


_TOKENS = {
    "type": "array",
    "items": {"type": "integer", "minimum": 0, "exclusiveMaximum": TOKEN_ID_BOUND},
    "minItems": 1,
    "maxItems": MAX_IDS,
}
_SCHEMA = {
    "anyOf": [
        *texts_schema()["anyOf"],
        _TOKENS,
        {"type": "array", "items": _TOKENS, "minItems": 1, "maxItems": MAX_TEXTS},
    ]
}

EmbeddingInput = Annotated[
    str | list[str] | list[int] | list[list[int]], PlainValidator(_check_input), WithJsonSchema(_SCHEMA)
]


class EmbeddingsRequest(RequestModel):
    """Texts or tokens to embed."""

    model: ModelName = None
    input: Annotated[
        EmbeddingInput,
        Field(description="A text, texts, or tokens of this model's own tokenizer with its special tokens."),
    ]
    dimensions: Annotated[
        int | None, Field(ge=1, le=1 << 16, description="Cut the vectors to so many numbers, and normalize them again.")
    ] = None
    encoding_format: Annotated[
        Literal["float", "base64"] | None, Field(description="base64: little-endian float32. Default: float.")
    ] = None
    input_type: Annotated[
        InputType | None, Field(description="The kind of the texts, by which the model's prompt is chosen.")
    ] = None
    prompt_name: Annotated[
        Text | None, Field(max_length=256, description="A prompt of the model, by its name in the model's files.")
    ] = None
    truncate: Annotated[
        bool | None, Field(description="Cut the end of longer texts than the model takes. Default: refuse them.")
    ] = None
    truncate_prompt_tokens: Annotated[
        Literal[-1] | None, Field(description="vLLM's name of truncate. Only -1 is taken: as many as fit.")
    ] = None
    priority: Priority = None

    @model_validator(mode="after")
    def _tokens_are_taken_as_they_are(self) -> "EmbeddingsRequest":
        if self.rows:
            for name in ("input_type", "prompt_name", "truncate", "truncate_prompt_tokens"):
                if getattr(self, name):
                    raise contradiction(name, f"{name} is for texts; tokens are taken as they are")
        return self

    @property
    def texts(self) -> list[str]:
        """The texts to embed; empty for tokens."""
        match self.input:
            case str() as text:
                return [text]
            case [str(), *_] as texts:
                return cast(list[str], texts)
        return []

    @property
    def rows(self) -> list[list[int]]:
        """The rows of tokens to embed; empty for texts."""
        match self.input:
            case [int(), *_] as row:
                return [cast(list[int], row)]
            case [list(), *_] as rows:
                return cast(list[list[int]], rows)
        return []


EXAMPLES = request_examples(
    EmbeddingsRequest,
    text={"input": "The bridge was built in 1894."},
    texts={"input": ["When was the bridge built?", "Two rivers meet near Arlen."], "encoding_format": "base64"},
    tokens={"input": [101, 2043, 102]},
)
