"""``generate_parameters`` of the tasks that write text: the keyword arguments of transformers' ``generate``."""

from typing import Annotated

from pydantic import Field, model_validator

from service.api.requests.beam_fields import BeamFields, check_beams
from service.api.requests.fields import MAX_TOKENS, contradiction
from service.api.requests.sampling_fields import SamplingFields
from service.tasks.encoder_decoder.generation_defaults import SearchWish

# Before the names of the fields, for errors that arise outside of them.
PREFIX = "parameters.generate_parameters."
DECODING = ("num_beams", "length_penalty", "early_stopping", "num_return_sequences", "max_new_tokens", "min_tokens")


class GenerateParameters(SamplingFields, BeamFields):
    """How a text is decoded. What is not given, the checkpoint decides."""

    max_new_tokens: Annotated[int | None, Field(ge=1, le=MAX_TOKENS, description="Most tokens to generate.")] = None
    max_length: Annotated[int | None, Field(ge=1, le=MAX_TOKENS, description="The older name of max_new_tokens.")] = (
        None
    )
    do_sample: Annotated[
        bool | None, Field(description="Sample, instead of taking the likeliest tokens. Default: false.")
    ] = None
    num_beams: Annotated[
        int | None, Field(ge=1, le=1024, description="Search for the likeliest text with this many beams.")
    ] = None

    @property
    def search(self) -> SearchWish:
        """What the fields want of a beam search."""
        return SearchWish(
            num_beams=self.num_beams,
            length_penalty=self.length_penalty,
            early_stopping=self.early_stopping,
            no_repeat_ngram_size=self.no_repeat_ngram_size,
        )

    @property
    def default_temperature(self) -> float:
        """The temperature where none is given."""
        return 1.0 if self.do_sample else 0.0

    @model_validator(mode="after")
    def _samples_or_searches(self) -> "GenerateParameters":
        if self.temperature and not self.do_sample:
            raise contradiction("do_sample", "must be true for a temperature")
        if self.do_sample and (self.num_beams or 1) > 1:
            raise contradiction("num_beams", "excludes do_sample: a beam search draws no token")
        if self.num_beams is not None or self.do_sample:
            check_beams(self, "num_beams", self.num_beams or 1)
        return self
