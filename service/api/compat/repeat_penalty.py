"""The penalty of repeated tokens, as clients of llama.cpp and of Ollama ask for it."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from service.api.requests.fields import MAX_TOKENS, RequestModel, contradiction


class RepeatPenalty(RequestModel):
    """The penalty and the tokens that it is for: the engine has one for all tokens and none for the last ones alone."""

    repeat_penalty: Annotated[
        float | None, Field(ge=0.01, le=100, description="For tokens of the whole prompt and output. Default: 1.")
    ] = None
    repeat_last_n: Annotated[
        int | None,
        Field(ge=-1, le=MAX_TOKENS, description="0: no repeat_penalty. -1: all tokens, the only other way here."),
    ] = None

    @model_validator(mode="after")
    def _penalty_is_for_all_tokens(self) -> Self:
        if self.repeat_penalty not in (None, 1) and self.repeat_last_n not in (None, -1, 0):
            raise contradiction("repeat_last_n", "repeat_penalty is for all tokens, so repeat_last_n should be -1")
        return self

    @property
    def repetition_penalty(self) -> float | None:
        """The penalty that holds; None: no penalty is named."""
        return None if self.repeat_last_n == 0 else self.repeat_penalty
