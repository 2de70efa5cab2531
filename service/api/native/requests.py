"""Bodies of the native routes."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from service.api.requests.fields import (
    MAX_TEXTS,
    MAX_TOKENS,
    ModelName,
    NonEmpty,
    RequestModel,
    SamplingFields,
    SharedSamplingFields,
    Text,
    TextOrTexts,
    contradiction,
)
from service.api.requests.messages import Messages
from service.tasks.translation import Formality, Format

_LENGTH_NAMES = ("max_new_tokens", "max_length", "max_tokens")


class NativeFields(RequestModel):
    """Fields that all native tasks have."""

    model: ModelName = None
    max_new_tokens: Annotated[int | None, Field(ge=1, le=MAX_TOKENS, description="Most tokens to generate.")] = None
    max_length: Annotated[int | None, Field(ge=1, le=MAX_TOKENS, description="The older name of max_new_tokens.")] = (
        None
    )
    max_tokens: Annotated[int | None, Field(ge=1, le=MAX_TOKENS, description="OpenAI's name of max_new_tokens.")] = None
    stream: Annotated[bool | None, Field(description="Answer with server-sent events.")] = None

    @model_validator(mode="after")
    def _one_length(self) -> "NativeFields":
        given = {name: value for name in _LENGTH_NAMES if (value := getattr(self, name)) is not None}
        if len(set(given.values())) > 1:
            raise contradiction(list(given)[-1], f"{' and '.join(given)} mean the same and must not differ")
        return self

    @property
    def length(self) -> int | None:
        """Most tokens to generate, under whatever name it was given."""
        return next((value for name in _LENGTH_NAMES if (value := getattr(self, name)) is not None), None)


class GenerateRequest(NativeFields, SamplingFields):
    """``POST /v1/generate``: a prompt to continue, or messages to answer."""

    prompt: Annotated[NonEmpty | None, Field(description="A text to continue, as it is.")] = None
    messages: Messages | None = None

    @model_validator(mode="after")
    def _one_input(self) -> "GenerateRequest":
        if (self.prompt is None) == (self.messages is None):
            raise contradiction("prompt", "Give either prompt or messages")
        return self


MAX_TERM = 500  # characters
MAX_TERMS = 1 << 16  # of a glossary
Alternatives = Annotated[int | None, Field(ge=0, le=1024, description="Further translations of each text.")]
Name = Annotated[Text, Field(min_length=1, max_length=100, description="A name or a BCP-47 code.")]
TermText = Annotated[Text, Field(max_length=MAX_TERM, pattern=r"\S")]


class GlossaryTerm(RequestModel):
    """An entry of a glossary."""

    source: Annotated[TermText, Field(description="As it stands in the text, in any case.")]
    target: Annotated[TermText, Field(description="As it is to stand in the translation.")]


class TranslateRequest(NativeFields, SamplingFields):
    """``POST /v1/translate``."""

    text: Annotated[TextOrTexts, Field(description="A text or a list of texts.")]
    target_lang: Name
    source_lang: Annotated[Name | None, Field(description="Not given: that of each text is detected.")] = None
    format: Annotated[Format | None, Field(description="What of the text is markup. Default: text.")] = None
    glossary: Annotated[
        Annotated[list[GlossaryTerm], Field(fail_fast=True)] | None,
        Field(max_length=MAX_TERMS, description="Terms and their translations."),
    ] = None
    do_not_translate: Annotated[
        Annotated[list[TermText], Field(fail_fast=True)] | None,
        Field(max_length=MAX_TERMS, description="Terms that stay as they are."),
    ] = None
    context: Annotated[
        Text | None, Field(max_length=10_000, description="What the model should know; it is not translated.")
    ] = None
    output_prefix: Annotated[
        Text | None, Field(max_length=10_000, description="Every translation begins with this, literally.")
    ] = None
    formality: Annotated[
        Formality | None,
        Field(description="more and less are refused for languages that know no difference, prefer_* are not."),
    ] = None
    alternatives: Alternatives = None


class AnswerDocument(RequestModel):
    """A text that may hold the answer."""

    id: Annotated[NonEmpty, Field(max_length=256, description="Your name for it.")]
    text: Text
    title: Annotated[Text | None, Field(max_length=1000, description="Is read with every part of the text.")] = None


class AnswerRequest(NativeFields, SharedSamplingFields):
    """``POST /v1/answer``. What is said of sampling is for generated answers: an extracted one refuses it."""

    question: Annotated[NonEmpty, Field(description="What is to be answered.")]
    context: Annotated[
        Text | None,
        Field(
            description="A text that may hold the answer. With neither context nor documents the model says what it "
            "knows; in a blank text there is no answer."
        ),
    ] = None
    documents: Annotated[
        Annotated[list[AnswerDocument], Field(fail_fast=True)] | None,
        Field(min_length=1, max_length=MAX_TEXTS, description="Several texts that may hold the answer."),
    ] = None
    mode: Annotated[
        Literal["auto", "extractive", "generative"] | None,
        Field(
            description="extractive: literal spans of the texts. generative: the model's words, and what of the texts "
            "they stand on. auto: extractive where there is a text. Default: auto."
        ),
    ] = None
    top_k: Annotated[int | None, Field(ge=1, le=1000, description="Extractive: how many answers. Default: 1.")] = None
    no_answer_threshold: Annotated[
        float | None,
        Field(
            ge=0,
            le=1,
            description="Extractive: from this probability on the answer is that there is none. Default: the model's.",
        ),
    ] = None
    max_answer_len: Annotated[
        int | None, Field(ge=1, le=10_000, description="Extractive: most characters of an answer. Default: 160.")
    ] = None
    stride: Annotated[
        int | None, Field(ge=0, le=MAX_TOKENS, description="Extractive: tokens that two windows of a long text share.")
    ] = None

    @model_validator(mode="after")
    def _one_source(self) -> "AnswerRequest":
        if self.context is not None and self.documents is not None:
            raise contradiction("documents", "Give either context or documents")
        ids: set[str] = set()
        for index, document in enumerate(self.documents or ()):
            if document.id in ids:
                raise contradiction(f"documents.{index}.id", "Two documents have the same id")
            ids.add(document.id)
        return self
