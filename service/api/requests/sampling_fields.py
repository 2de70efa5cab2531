"""The sampling parameters as clients send them. ``engine/protocol/sampling_params.py`` is their other definition."""

from typing import Annotated

from pydantic import AfterValidator, Field

from service.api.requests.fields import (
    MAX_TOKENS,
    SEED_BOUND,
    TOKEN_ID_BOUND,
    LogitBias,
    Priority,
    RequestModel,
    Stop,
    Text,
    TokenId,
)


class SharedSamplingFields(RequestModel):
    """How to choose tokens and when to stop. null means the same as no field.

    A field whose name is in the engine's SamplingParams becomes that parameter, without further code (see
    ``requests/options.py``). ``top_k`` is in the subclass because ``/v1/answer`` has another field of this name.
    """

    temperature: Annotated[float | None, Field(ge=0, le=2, description="0 takes the likeliest token.")] = None
    top_p: Annotated[
        float | None,
        Field(gt=0, le=1, description="Sample from the likeliest tokens that hold this share."),
    ] = None
    min_p: Annotated[
        float | None, Field(ge=0, le=1, description="Leave out tokens below this share of the likeliest one.")
    ] = None
    repetition_penalty: Annotated[
        float | None, Field(ge=0.01, le=100, description="Above 1 makes tokens of prompt and output less likely.")
    ] = None
    presence_penalty: Annotated[
        float | None, Field(ge=-2, le=2, description="Subtracted once for a token of the output.")
    ] = None
    frequency_penalty: Annotated[
        float | None, Field(ge=-2, le=2, description="Subtracted for each occurrence in the output.")
    ] = None
    no_repeat_ngram_size: Annotated[
        int | None, Field(ge=0, le=MAX_TOKENS, description="No run of this many tokens occurs twice; 0: any may.")
    ] = None
    logit_bias: Annotated[LogitBias | None, Field(description="Added to the logits of these token ids.")] = None
    seed: Annotated[
        int | None, Field(ge=-SEED_BOUND, lt=SEED_BOUND, description="The same seed gives the same tokens.")
    ] = None
    stop: Annotated[Stop | None, Field(description="Text that ends the output; it is left out.")] = None
    stop_token_ids: Annotated[
        Annotated[list[TokenId], Field(fail_fast=True)] | None,
        Field(max_length=1024, description="Tokens that end the output."),
    ] = None
    min_tokens: Annotated[
        int | None, Field(ge=0, le=MAX_TOKENS, description="No stop token before this many tokens.")
    ] = None
    ignore_eos: Annotated[bool | None, Field(description="Continue after the model's end-of-text token.")] = None
    skip_special_tokens: Annotated[
        bool | None, Field(description="Leave special tokens out of the text. Default: true.")
    ] = None
    include_stop_str_in_output: Annotated[bool | None, Field(description="Keep the stop string in the text.")] = None
    priority: Priority = None
    cache_salt: Annotated[
        Text | None, Field(max_length=256, description="Cached prompts are shared only with requests of the same salt.")
    ] = None


class SamplingFields(SharedSamplingFields):
    """All sampling fields."""

    top_k: Annotated[
        int | None,
        Field(ge=-1, lt=TOKEN_ID_BOUND, description="Sample from this many likeliest tokens; 0 or -1: all."),
        AfterValidator(lambda top_k: top_k and max(top_k, 0)),
    ] = None
