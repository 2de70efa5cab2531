"""The body of ``POST /v1/generate``."""

from typing import Annotated

from pydantic import Field, model_validator

from service.api.native.fields import NativeFields
from service.api.requests.beam_fields import BeamFields, check_beams
from service.api.requests.conversation.messages import Messages
from service.api.requests.examples import request_examples
from service.api.requests.fields import NonEmpty, contradiction
from service.api.requests.sampling_fields import SamplingFields
from service.api.requests.structure_fields import StructureFields
from service.api.requests.token_fields import TokenFields
from service.engine.protocol.beam_params import BeamParams


class GenerateRequest(NativeFields, SamplingFields, TokenFields, StructureFields, BeamFields):
    """A prompt to continue, or messages to answer."""

    prompt: Annotated[NonEmpty | None, Field(description="A text to continue, as it is.")] = None
    messages: Messages | None = None
    num_beams: Annotated[
        int | None, Field(ge=1, le=1024, description="Search for the likeliest text with this many beams. Default: 1.")
    ] = None

    num_return_sequences: Annotated[
        int | None,
        Field(ge=1, le=1024, description="Answer with this many texts: the likeliest of a search, or samples."),
    ] = None

    @property
    def n(self) -> int:
        """The number of texts."""
        return self.num_return_sequences or 1

    @property
    def beams(self) -> BeamParams | None:
        """The beam search that the request asks for."""
        if (self.num_beams or 1) == 1:
            return None
        return BeamParams(
            num_beams=self.num_beams or 1,
            length_penalty=1.0 if self.length_penalty is None else self.length_penalty,
            early_stopping=self.early_stopping or False,
        )

    @model_validator(mode="after")
    def _one_input(self) -> "GenerateRequest":
        if (self.prompt is None) == (self.messages is None):
            raise contradiction("prompt", "Give either prompt or messages")
        check_beams(self, "num_beams", self.num_beams or 1, self.n, n_param="num_return_sequences")
        if self.n > 1 and self.temperature == 0 and self.beams is None:
            message = "num_return_sequences needs num_beams, or a temperature: the likeliest tokens are one text"
            raise contradiction("num_return_sequences", message)
        return self


EXAMPLES = request_examples(
    GenerateRequest,
    prompt={"prompt": "人工智能将改变世界", "max_new_tokens": 100},
    messages={"messages": [{"role": "user", "content": "Name three rivers."}], "temperature": 0},
    beams={"prompt": "Once upon a time", "max_new_tokens": 20, "num_beams": 4, "num_return_sequences": 2},
    stream={"prompt": "Once upon a time", "max_new_tokens": 20, "stream": True},
)
