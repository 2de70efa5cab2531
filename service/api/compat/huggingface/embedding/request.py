"""The payloads of the tasks feature-extraction and sentence-similarity."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from service.api.requests.examples import request_examples
from service.api.requests.fields import MAX_TEXTS, OneOrSeveral, RequestModel, Text, contradiction
from service.tasks.encoding.truncation import Truncation


class EmbeddingParameters(RequestModel):
    """The prompt, and what to do with texts that have too many tokens."""

    prompt_name: Annotated[
        Text | None, Field(max_length=256, description="A prompt of the model, by its name in the model's files.")
    ] = None
    truncate: Annotated[
        bool | None, Field(description="Cut texts that have too many tokens. Default: refuse them.")
    ] = None
    truncation_direction: Annotated[
        Literal["left", "right", "Left", "Right"] | None, Field(description="The end that is cut. Default: right.")
    ] = None

    @property
    def truncation(self) -> Truncation:
        """Which end of a text is cut off."""
        if not self.truncate:
            return Truncation.NONE
        return Truncation.START if (self.truncation_direction or "").lower() == "left" else Truncation.END


class VectorParameters(EmbeddingParameters):
    """What the vectors are like."""

    normalize: Annotated[
        bool | None, Field(description="Give all vectors the length 1. Default: what the model does.")
    ] = None
    dimensions: Annotated[
        int | None, Field(ge=1, le=1 << 16, description="Cut the vectors to so many numbers, and normalize them again.")
    ] = None
    encoding_format: Literal["float"] | None = None


class FeatureExtractionRequest(VectorParameters):
    """The payload of the task feature-extraction. Its parameters stand beside the inputs, or in ``parameters``."""

    inputs: Annotated[OneOrSeveral, Field(description="A text or a list of texts.")]
    parameters: VectorParameters | None = None

    @model_validator(mode="after")
    def _parameters_stand_in_one_place(self) -> "FeatureExtractionRequest":
        if self.parameters is not None:
            for name in VectorParameters.model_fields:
                if getattr(self, name) is not None:
                    raise contradiction(name, f"{name} stands beside parameters, but belongs into them")
        return self

    @property
    def texts(self) -> list[str]:
        return [self.inputs] if isinstance(self.inputs, str) else self.inputs


class SentenceInputs(RequestModel):
    """A sentence, and others to compare it with."""

    source_sentence: Text
    sentences: Annotated[list[Text], Field(fail_fast=True), Field(min_length=1, max_length=MAX_TEXTS)]


class SentenceSimilarityRequest(RequestModel):
    """The payload of the task sentence-similarity."""

    inputs: SentenceInputs
    parameters: EmbeddingParameters | None = None


EXAMPLES = request_examples(
    FeatureExtractionRequest, **{"feature-extraction": {"inputs": "The bridge was built in 1894.", "truncate": True}}
) | request_examples(
    SentenceSimilarityRequest,
    **{
        "sentence-similarity": {
            "inputs": {
                "source_sentence": "It rains.",
                "sentences": ["The weather is bad.", "Ada keeps the lighthouse."],
            }
        }
    },
)
