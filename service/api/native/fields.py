"""Fields that native tasks share."""

from typing import Annotated

from pydantic import Field, model_validator

from service.api.requests.fields import MAX_TOKENS, ModelName, RequestModel, contradiction

_LENGTH_NAMES = ("max_new_tokens", "max_length", "max_tokens")


class LengthFields(RequestModel):
    """The length under three names."""

    max_new_tokens: Annotated[int | None, Field(ge=1, le=MAX_TOKENS, description="Most tokens to generate.")] = None
    max_length: Annotated[int | None, Field(ge=1, le=MAX_TOKENS, description="The older name of max_new_tokens.")] = (
        None
    )
    max_tokens: Annotated[int | None, Field(ge=1, le=MAX_TOKENS, description="OpenAI's name of max_new_tokens.")] = None

    @model_validator(mode="after")
    def _one_length(self) -> "LengthFields":
        given = {name: value for name in _LENGTH_NAMES if (value := getattr(self, name)) is not None}
        if len(set(given.values())) > 1:
            raise contradiction(list(given)[-1], f"{' and '.join(given)} mean the same and must not differ")
        return self

    @property
    def length(self) -> int | None:
        """Most tokens to generate, from whichever field has it."""
        length: int | None = getattr(self, self.length_param)
        return length

    @property
    def length_param(self) -> str:
        """The field that has the length."""
        return next((name for name in _LENGTH_NAMES if getattr(self, name) is not None), _LENGTH_NAMES[0])


class NativeFields(LengthFields):
    """The model, the length, and whether to stream."""

    model: ModelName = None
    stream: Annotated[bool | None, Field(description="Answer with server-sent events.")] = None
