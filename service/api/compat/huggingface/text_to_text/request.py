"""The payload of the tasks summarization and text2text-generation."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from service.api.compat.huggingface.generate_parameters import GenerateParameters
from service.api.requests.examples import request_examples
from service.api.requests.fields import MAX_TOKENS, OneOrSeveral, RequestModel, contradiction
from service.tasks.generation.text_to_text import TextWish


class TextDecoding(GenerateParameters):
    """How a text is decoded, with the names and the meanings of transformers' ``generate``."""

    min_new_tokens: Annotated[int | None, Field(ge=0, le=MAX_TOKENS, description="No end before this length.")] = None
    min_length: Annotated[
        int | None, Field(ge=0, le=MAX_TOKENS, description="The same with the start token in the length.")
    ] = None
    max_length: Annotated[
        int | None, Field(ge=1, le=MAX_TOKENS, description="max_new_tokens with the start token in the length.")
    ] = None
    num_return_sequences: Annotated[
        int | None, Field(ge=1, le=1024, description="The likeliest texts of a search, or samples. Default: 1.")
    ] = None

    @property
    def n(self) -> int:
        """The number of texts."""
        return self.num_return_sequences or 1

    @property
    def longest(self) -> int | None:
        """The most tokens, the start included. None: as the checkpoint has it."""
        return self.max_length if self.max_new_tokens is None else self.max_new_tokens + 1

    @property
    def shortest(self) -> int | None:
        """The fewest tokens, the start included. None: as the checkpoint has it."""
        return self.min_length if self.min_new_tokens is None else self.min_new_tokens + 1

    @model_validator(mode="after")
    def _consistent(self) -> "TextDecoding":
        if self.n > (self.num_beams or self.n) and not self.do_sample:
            raise contradiction("num_return_sequences", "must not be more than num_beams")
        if None not in (self.shortest, self.min_tokens) and self.shortest != (self.min_tokens or 0) + 1:
            raise contradiction("min_tokens", "means min_new_tokens and must not differ")
        return self


class TextParameters(TextDecoding):
    """``generate_parameters``, or the same fields without it as older clients send them, and how texts are read."""

    generate_parameters: TextDecoding | None = None
    truncation: Annotated[
        Literal["do_not_truncate", "longest_first", "only_first"] | bool | None,
        Field(description="Whether a text that is too long loses its end. There is no second text to truncate."),
    ] = None
    clean_up_tokenization_spaces: Annotated[
        bool | None, Field(description="Leave out spaces before punctuation marks and contractions. Default: false.")
    ] = None

    @property
    def decoding(self) -> TextDecoding:
        """The fields that say how to decode, wherever they stand."""
        return self if self.generate_parameters is None else self.generate_parameters

    @property
    def wish(self) -> TextWish:
        """What the client sets in place of the checkpoint's own parameters, and whether long texts are cut."""
        decoding = self.decoding
        return TextWish(
            search=decoding.search,
            min_length=decoding.shortest,
            max_length=decoding.longest,
            truncates=self.truncation not in (None, False, "do_not_truncate"),
        )

    @model_validator(mode="after")
    def _one_place(self) -> "TextParameters":
        if self.generate_parameters is not None:
            given = self.model_fields_set & TextDecoding.model_fields.keys()
            if name := next((name for name in sorted(given) if getattr(self, name) is not None), None):
                raise contradiction(name, "must be in generate_parameters, as the other fields are")
        return self


class HuggingFaceTextRequest(RequestModel):
    """The payload of both tasks."""

    inputs: Annotated[OneOrSeveral, Field(description="A text or a list of texts.")]
    parameters: TextParameters | None = None

    @property
    def texts(self) -> list[str]:
        """All texts."""
        return [self.inputs] if isinstance(self.inputs, str) else self.inputs

    @property
    def given(self) -> TextParameters:
        """The parameters, or the default ones."""
        return self.parameters or TextParameters()

    @model_validator(mode="after")
    def _one_list(self) -> "HuggingFaceTextRequest":
        if self.given.decoding.n > 1 and len(self.texts) > 1:
            raise contradiction("inputs", "must be one text if num_return_sequences is more than 1")
        return self


EXAMPLES = request_examples(
    HuggingFaceTextRequest,
    summarization={
        "inputs": "The bridge was built in 1894, of steel from a mill in Gent.",
        "parameters": {"generate_parameters": {"num_beams": 4, "max_new_tokens": 40}},
    },
)
