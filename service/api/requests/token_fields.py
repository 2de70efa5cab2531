"""Fields that rule which tokens may be chosen and which of the prompt count, under vLLM's names."""

from typing import Annotated

from pydantic import Field

from service.api.requests.fields import MAX_STOP, MAX_TEXTS, MAX_TOKENS, NonEmpty, RequestModel, TokenId

_Word = Annotated[NonEmpty, Field(max_length=MAX_STOP)]


class TokenFields(RequestModel):
    """Rules for tokens. null means the same as no field."""

    allowed_token_ids: Annotated[
        Annotated[list[TokenId], Field(fail_fast=True)] | None,
        Field(min_length=1, max_length=1 << 16, description="Only these tokens are chosen, end tokens included."),
    ] = None
    bad_words: Annotated[
        list[_Word] | None,
        Field(max_length=MAX_TEXTS, description="Words whose tokens are not chosen, with a space before them or not."),
    ] = None
    truncate_prompt_tokens: Annotated[
        int | None,
        Field(ge=-1, le=MAX_TOKENS, description="Only this many last tokens of the prompt count; -1: as many as fit."),
    ] = None
