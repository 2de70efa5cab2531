"""Fields that Ollama's routes share."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from service.api.compat.ollama.keep_alive import KeepAlive
from service.api.compat.ollama.options import ModelOptions
from service.api.requests.fields import RequestModel, Text, contradiction
from service.tasks.structure.structure import Structure

TaggedName = Annotated[
    Text, Field(min_length=1, max_length=512, description='The served model; the tag ":latest" may follow.')
]


class OllamaFields(RequestModel):
    """The model, its options, and how long it should stay loaded."""

    model: TaggedName
    options: ModelOptions | None = None
    keep_alive: KeepAlive | None = None


class OllamaTextFields(OllamaFields):
    """The fields of both routes that generate text."""

    stream: Annotated[bool | None, Field(description="Answer with a line for each part. Default: true.")] = None
    format: Annotated[
        Literal["", "json"] | dict[str, Any] | None, Field(description='"json" for any object, or a JSON schema.')
    ] = None
    truncate: Annotated[Literal[False] | None, Field(description="No prompt is ever cut.")] = None
    shift: Annotated[Literal[False] | None, Field(description="A text that fills the context ends.")] = None

    logprobs: Annotated[bool | None, Field(description="Report log probabilities of the tokens.")] = None
    top_logprobs: Annotated[
        int | None, Field(ge=0, le=20, description="With logprobs: this many likeliest alternatives of each token.")
    ] = None

    @model_validator(mode="after")
    def _alternatives_belong_to_logprobs(self) -> Self:
        if self.top_logprobs and not self.logprobs:
            raise contradiction("top_logprobs", "top_logprobs needs logprobs to be true")
        return self

    @property
    def streams(self) -> bool:
        return self.stream is not False

    def structure(self) -> Structure | None:
        """The structure of the text, if one is asked for. Raises InvalidOption for a schema that is unusable."""
        if not self.format:
            return None
        return (
            Structure.json_object("format") if self.format == "json" else Structure.json_schema(self.format, "format")
        )
