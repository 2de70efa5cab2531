"""The forms of DeepL's document routes."""

from typing import Annotated, Any

from pydantic import Field, model_validator

from service.api.requests.examples import request_examples
from service.api.requests.fields import (
    LanguageName,
    NonEmpty,
    RequestModel,
    SourceOfFile,
    Text,
    TranslationContext,
    contradiction,
)
from service.tasks.translation import Formality


class DeepLDocumentForm(RequestModel):
    """The fields beside the file."""

    target_lang: LanguageName
    source_lang: SourceOfFile = None
    filename: Annotated[
        Text | None, Field(max_length=256, description="The name of the file. Default: the one that the form gives it.")
    ] = None
    output_format: Annotated[
        Text | None, Field(max_length=40, description="The extension of the file: other formats are not written.")
    ] = None
    formality: Formality | None = None
    context: TranslationContext = None
    glossary_id: Annotated[
        NonEmpty | None, Field(max_length=256, description="A stored glossary, which needs source_lang.")
    ] = None

    @model_validator(mode="after")
    def _a_glossary_needs_languages(self) -> "DeepLDocumentForm":
        if self.glossary_id is not None and self.source_lang is None:
            raise contradiction("source_lang", "source_lang: a glossary needs the language of the file")
        return self


class DeepLDocumentKey(RequestModel):
    """The key of a document, which the upload was answered with."""

    document_key: Annotated[Text, Field(max_length=256)]


UPLOAD_EXAMPLES: dict[str, Any] = {
    "text": {"value": {"target_lang": "DE", "source_lang": "EN", "file": "Hello, world!\n"}}
}
KEY_EXAMPLES = request_examples(DeepLDocumentKey, key={"document_key": "0" * 64})
