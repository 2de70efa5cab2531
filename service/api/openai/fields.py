"""Fields that both OpenAI routes have."""

from typing import Annotated

from pydantic import Field, model_validator

from service.api.requests.beam_fields import BeamFields, check_beams
from service.api.requests.fields import ModelName, RequestModel, contradiction
from service.api.requests.sampling_fields import SamplingFields
from service.api.requests.structure_fields import StructureFields
from service.api.requests.token_fields import TokenFields
from service.engine.protocol.beam_params import BeamParams


class StreamOptions(RequestModel):
    """The parts of a stream in addition to the text."""

    include_usage: Annotated[
        bool | None, Field(description="One more chunk at the end, without choices, holds the usage.")
    ] = None
    continuous_usage_stats: Annotated[
        bool | None, Field(description="With include_usage: every chunk holds the usage so far.")
    ] = None


class OpenAIFields(SamplingFields, TokenFields, StructureFields, BeamFields):
    """The sampling fields, the model, the number of choices, the structure of the text, and how to stream."""

    model: ModelName = None
    n: Annotated[int | None, Field(ge=1, le=1024, description="Choices for each prompt. Default: 1.")] = None
    use_beam_search: Annotated[
        bool | None, Field(description="Search for the n likeliest texts, with best_of beams (default: n).")
    ] = None
    best_of: Annotated[
        int | None,
        Field(ge=1, le=1024, description="Of this many continuations, answer with the n likeliest ones. Default: n."),
    ] = None
    return_tokens_as_token_ids: Annotated[
        bool | None, Field(description="In log probabilities, name each token by its id, as token_id:7.")
    ] = None
    return_token_ids: Annotated[
        bool | None, Field(description="Answer with the token ids of prompt and output too, end tokens included.")
    ] = None
    prompt_logprobs: Annotated[
        int | None, Field(ge=0, le=1024, description="Log probabilities of the prompt, with this many alternatives.")
    ] = None
    stream: Annotated[bool | None, Field(description="Answer with server-sent events.")] = None
    stream_options: StreamOptions | None = None

    @property
    def beams(self) -> BeamParams | None:
        """The beam search that the request asks for."""
        if not self.use_beam_search:
            return None
        return BeamParams(
            num_beams=self.best_of or self.n or 1,
            length_penalty=1.0 if self.length_penalty is None else self.length_penalty,
            early_stopping=self.early_stopping or False,
        )

    @model_validator(mode="after")
    def _beams_are_possible(self) -> "OpenAIFields":
        num_beams = (self.best_of or self.n or 1) if self.use_beam_search else 1
        if self.use_beam_search and num_beams == 1:
            raise contradiction("use_beam_search", "use_beam_search needs best_of or n of at least 2: the beams")
        check_beams(self, "use_beam_search", num_beams, self.n or 1)
        return self

    @property
    def include_usage(self) -> bool:
        return self.stream_options is not None and bool(self.stream_options.include_usage)

    @property
    def continuous_usage(self) -> bool:
        return self.stream_options is not None and bool(self.stream_options.continuous_usage_stats)

    @model_validator(mode="after")
    def _stream_is_possible(self) -> "OpenAIFields":
        if self.stream_options is not None and not self.stream:
            raise contradiction("stream_options", "stream_options needs stream to be true")
        if self.prompt_logprobs is not None and self.stream:
            raise contradiction("prompt_logprobs", "prompt_logprobs excludes stream")
        return self
