"""The form of ``POST /v1/translate/document``."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from service.api.native.fields import LengthFields
from service.api.native.translate.request import MAX_TERMS, Glossary, Memory, TermText, TranslationQuality
from service.api.requests.fields import (
    LanguageName,
    LogitBias,
    ModelName,
    NonEmpty,
    Pivot,
    SourceOfFile,
    Text,
    TokenId,
    TranslationContext,
    contradiction,
)
from service.api.requests.file_form import from_json_list, from_json_object
from service.api.requests.sampling_fields import SamplingFields
from service.errors import MalformedFile
from service.tasks.translation import Formality
from service.tasks.translation.files.encoding import find_codec

LONGEST_WAIT = 3600  # seconds


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _known_encoding(name: str | None) -> str | None:
    """The name of Python for an encoding of texts. Raises PydanticCustomError for any other name."""
    try:
        return None if name is None else find_codec(name)
    except MalformedFile:
        raise PydanticCustomError("encoding", "Input should be the name of an encoding of texts") from None


class DocumentForm(LengthFields, SamplingFields):
    """The fields beside the file. They mean what they mean in ``/v1/translate``."""

    target_lang: LanguageName
    source_lang: SourceOfFile = None
    pivot: Pivot = None
    format: Annotated[
        Text | None, Field(max_length=40, description="The format of the file. Default: that of its name.")
    ] = None
    columns: Annotated[
        Annotated[list[Annotated[NonEmpty, Field(max_length=200)]], Field(max_length=1000)] | None,
        BeforeValidator(_as_list),
        Field(description="The columns of a table that are translated, by name or by number from 1: once for each."),
    ] = None
    encoding: Annotated[
        NonEmpty | None,
        Field(
            max_length=40, description="The encoding of subtitles, such as cp1251. Default: found by their characters."
        ),
        AfterValidator(_known_encoding),
    ] = None
    model: ModelName = None
    glossary: Annotated[
        Glossary | None,
        BeforeValidator(from_json_list),
        Field(
            description="Terms and their translations, in JSON, or the name or id of a stored glossary "
            "(/v3/glossaries), which needs source_lang."
        ),
    ] = None
    do_not_translate: Annotated[
        Annotated[list[TermText], Field(fail_fast=True, max_length=MAX_TERMS)] | None,
        BeforeValidator(_as_list),
        Field(description="Terms that stay as they are: the field once for each."),
    ] = None
    memory: Annotated[
        Memory | None,
        BeforeValidator(from_json_list),
        Field(description="A translation memory: pairs, in JSON, or the text of a TMX file, which needs source_lang."),
    ] = None
    context: TranslationContext = None
    formality: Annotated[
        Formality | None,
        Field(description="more and less are refused for languages without formality; prefer_* are not."),
    ] = None
    quality: TranslationQuality = None
    logit_bias: Annotated[
        LogitBias | None,
        BeforeValidator(from_json_object),
        Field(description="Added to the logits of these token ids, in JSON."),
    ] = None
    stop_token_ids: Annotated[
        Annotated[list[TokenId], Field(fail_fast=True, max_length=1024)] | None,
        BeforeValidator(_as_list),
        Field(description="Tokens that end the output: the field once for each."),
    ] = None
    priority: Annotated[None, Field(description="Refused: documents come after all requests of clients.")] = None
    wait: Annotated[
        float | None,
        Field(
            ge=0,
            le=LONGEST_WAIT,
            description="Answer with the translated file, if it is done within so many seconds.",
        ),
    ] = None

    @model_validator(mode="after")
    def _languages_are_known(self) -> "DocumentForm":
        for field, kind in ((self.glossary, "a stored glossary"), (self.memory, "a memory in TMX")):
            if isinstance(field, str) and self.source_lang is None:
                raise contradiction("source_lang", f"source_lang: {kind} needs the language of the file")
        return self


EXAMPLES: dict[str, Any] = {
    "text": {"value": {"target_lang": "fr", "source_lang": "en", "file": "Good morning.\n\nThe doctor is here.\n"}}
}
