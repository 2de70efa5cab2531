"""The body of TGI's routes that generate text."""

import secrets
from typing import Annotated, Literal

from pydantic import Field, model_validator

from service.api.compat.tgi.grammar import TgiGrammar
from service.api.requests.examples import request_examples
from service.api.requests.fields import MAX_TOKENS, NonEmpty, RequestModel, Text, contradiction
from service.api.requests.sampling_fields import SamplingFields


class TgiParameters(SamplingFields):
    """The sampling, the length, and what is reported. null means the same as no field."""

    max_new_tokens: Annotated[
        int | None, Field(ge=1, le=MAX_TOKENS, description="Most tokens to generate. Default: the service's.")
    ] = None
    do_sample: Annotated[
        bool | None,
        Field(description="Sample. Default: only if temperature, top_k, top_p or min_p is given; else greedy."),
    ] = None
    best_of: Annotated[
        int | None, Field(ge=1, le=1024, description="Generate so many texts, and answer with the likeliest.")
    ] = None
    return_full_text: Annotated[bool | None, Field(description="Begin the text with the prompt.")] = None
    truncate: Annotated[
        int | None, Field(ge=1, le=MAX_TOKENS, description="Use the last tokens of the prompt only, so many.")
    ] = None
    grammar: TgiGrammar | None = None
    details: Annotated[bool | None, Field(description="Report the tokens, and why the text ended.")] = None
    decoder_input_details: Annotated[bool | None, Field(description="Report the tokens of the prompt too.")] = None
    top_n_tokens: Annotated[
        int | None, Field(ge=0, le=1024, description="With details: the likeliest tokens at each place, so many.")
    ] = None
    adapter_id: Annotated[Text | None, Field(min_length=1, max_length=512, description="A served adapter.")] = None
    typical_p: Annotated[float | None, Field(ge=1, le=1, description="Only 1, which is off.")] = None
    watermark: Literal[False] | None = None

    @property
    def samples(self) -> bool:
        """Whether tokens are drawn, instead of taking the likeliest."""
        if self.temperature is not None:
            return self.temperature > 0
        return bool(self.do_sample) or any(each is not None for each in (self.top_k, self.top_p, self.min_p))

    @property
    def reports_details(self) -> bool:
        return bool(self.details or self.decoder_input_details)

    def chosen_seed(self) -> int | None:
        """The given seed, or a new one; None if nothing is drawn. JavaScript can hold it."""
        if not self.samples:
            return None
        return secrets.randbits(48) if self.seed is None else self.seed


class TgiRequest(RequestModel):
    """A prompt to continue."""

    inputs: Annotated[NonEmpty, Field(description="The prompt. No chat template is applied.")]
    parameters: TgiParameters | None = None
    stream: bool | None = None
    add_special_tokens: Annotated[
        bool | None, Field(description="Add the tokenizer's special tokens, such as a start token. Default: true.")
    ] = None

    @property
    def given(self) -> TgiParameters:
        """The parameters, or the default ones."""
        return self.parameters or TgiParameters()

    @model_validator(mode="after")
    def _consistent(self) -> "TgiRequest":
        given = self.given
        if (given.best_of or 1) > 1 and not given.samples:
            raise contradiction("parameters.best_of", "parameters.best_of: needs do_sample, or a temperature")
        return self


EXAMPLES = request_examples(
    TgiRequest,
    **{"text-generation": {"inputs": "def add(a, b):", "parameters": {"max_new_tokens": 20, "details": True}}},
)
