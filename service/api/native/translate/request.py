"""The body of ``POST /v1/translate``."""

from typing import Annotated

from pydantic import Discriminator, Field, Tag, model_validator

from service.api.native.fields import NativeFields
from service.api.requests.examples import request_examples
from service.api.requests.fields import (
    Alternatives,
    LanguageName,
    NonEmpty,
    Pivot,
    RequestModel,
    SourceOfTexts,
    Text,
    TextOrTexts,
    TranslationContext,
    contradiction,
)
from service.api.requests.sampling_fields import SamplingFields
from service.glossaries.limits import MAX_NAME
from service.tasks.translation import BY_FORMAT, WITH_ATTRIBUTES, Formality, Format, Quality, TagRules

MAX_TERM = 500  # characters
MAX_TERMS = 1 << 16  # of a glossary, and pairs of a memory
MAX_ATTRIBUTE, MAX_ATTRIBUTES = 100, 100  # characters of a name, and names
MAX_SEGMENT = 20_000  # characters of a text of a memory
TermText = Annotated[Text, Field(max_length=MAX_TERM, pattern=r"\S")]


class GlossaryTerm(RequestModel):
    """An entry of a glossary."""

    source: Annotated[TermText, Field(description="The term in the text. Upper and lower case match.")]
    target: Annotated[TermText, Field(description="The term in the translation.")]


GlossaryTerms = Annotated[list[GlossaryTerm], Field(fail_fast=True), Field(max_length=MAX_TERMS)]
GlossaryName = Annotated[NonEmpty, Field(max_length=MAX_NAME)]


class RememberedPair(RequestModel):
    """A segment that was translated before."""

    source: Annotated[Text, Field(max_length=MAX_SEGMENT, pattern=r"\S")]
    target: Annotated[Text, Field(max_length=MAX_SEGMENT, pattern=r"\S")]


RememberedPairs = Annotated[list[RememberedPair], Field(fail_fast=True), Field(max_length=MAX_TERMS)]
# Pairs, or the text of a TMX file.
Memory = Annotated[
    Annotated[NonEmpty, Tag("[tmx]")] | Annotated[RememberedPairs, Tag("[pairs]")],
    Discriminator(lambda value: "[tmx]" if isinstance(value, str) else "[pairs]"),
]
# The terms themselves, or the name or the id of a stored glossary.
Glossary = Annotated[
    Annotated[GlossaryName, Tag("[name]")] | Annotated[GlossaryTerms, Tag("[terms]")],
    Discriminator(lambda value: "[name]" if isinstance(value, str) else "[terms]"),
]
AttributeName = Annotated[Text, Field(max_length=MAX_ATTRIBUTE, pattern=r"^[^\s\"'<>/=]+$")]
AttributeNames = Annotated[list[AttributeName], Field(fail_fast=True), Field(max_length=MAX_ATTRIBUTES)]
# All attributes that are shown, none, or those with these names.
TranslatedAttributes = Annotated[
    Annotated[bool, Tag("[all]")] | Annotated[AttributeNames, Tag("[names]")],
    Discriminator(lambda value: "[all]" if isinstance(value, bool) else "[names]"),
]
_FORMATS_WITH_ATTRIBUTES = ("html", "markdown")

TranslationQuality = Annotated[
    Quality | None,
    Field(
        description="high: each sentence is also decoded from the six places where the model was least certain, and "
        "the likeliest of the translations is chosen. Default: standard."
    ),
]


class TranslateRequest(NativeFields, SamplingFields):
    """Texts to translate, and the rules of their translation."""

    text: Annotated[TextOrTexts, Field(description="A text or a list of texts.")]
    target_lang: LanguageName
    source_lang: SourceOfTexts = None
    pivot: Pivot = None
    format: Annotated[Format | None, Field(description="The kind of markup in the texts. Default: text.")] = None
    translate_attributes: Annotated[
        TranslatedAttributes | None,
        Field(
            description="Whether attributes that people see or hear (alt, title, placeholder, aria-label and others) "
            "are translated in HTML and in tags of Markdown, or the names of those that are. Default: true."
        ),
    ] = None
    glossary: Annotated[
        Glossary | None,
        Field(
            description="Terms and their translations, or the name or id of a stored glossary (/v3/glossaries), which "
            "needs source_lang."
        ),
    ] = None
    do_not_translate: Annotated[
        Annotated[list[TermText], Field(fail_fast=True)] | None,
        Field(max_length=MAX_TERMS, description="Terms that stay as they are."),
    ] = None
    memory: Annotated[
        Memory | None,
        Field(
            description="A translation memory: pairs, or the text of a TMX file, which needs source_lang. A sentence "
            "that is the source of a pair is translated as its target."
        ),
    ] = None
    context: TranslationContext = None
    output_prefix: Annotated[
        Text | None, Field(max_length=10_000, description="Every translation begins with this, literally.")
    ] = None
    formality: Annotated[
        Formality | None,
        Field(description="more and less are refused for languages without formality; prefer_* are not."),
    ] = None
    alternatives: Alternatives = None
    quality: TranslationQuality = None

    @model_validator(mode="after")
    def _attributes_need_tags(self) -> "TranslateRequest":
        if self.translate_attributes and self.format not in _FORMATS_WITH_ATTRIBUTES:
            formats = " and ".join(_FORMATS_WITH_ATTRIBUTES)
            message = f"translate_attributes: only the formats {formats} have attributes that are shown"
            raise contradiction("translate_attributes", message)
        return self

    @property
    def tag_rules(self) -> TagRules:
        """Which attributes are translated. Names of HTML have no case."""
        if isinstance(self.translate_attributes, list):
            return TagRules(attributes=frozenset(name.lower() for name in self.translate_attributes))
        return BY_FORMAT if self.translate_attributes is False else WITH_ATTRIBUTES

    @model_validator(mode="after")
    def _languages_are_known(self) -> "TranslateRequest":
        for field, kind in ((self.glossary, "a stored glossary"), (self.memory, "a memory in TMX")):
            if isinstance(field, str) and self.source_lang is None:
                raise contradiction("source_lang", f"source_lang: {kind} needs the language of the texts")
        return self


EXAMPLES = request_examples(
    TranslateRequest,
    text={"text": "Hello, how are you?", "source_lang": "English", "target_lang": "Chinese"},
    list={"text": ["Good morning.", "See you tomorrow."], "target_lang": "fr"},
    prefix={"text": "Hello, how are you?", "target_lang": "zh", "output_prefix": "你好"},
    terms={
        "text": "The invoice is in Acme Drive.",
        "target_lang": "de",
        "formality": "more",
        "glossary": [{"source": "invoice", "target": "Rechnung"}],
        "do_not_translate": ["Acme Drive"],
    },
    attributes={
        "text": '<img src="dog.png" alt="A dog" data-tip="Feed the dog">',
        "target_lang": "fr",
        "format": "html",
        "translate_attributes": ["alt", "data-tip"],
    },
    pivot={"text": "Guten Morgen.", "source_lang": "de", "target_lang": "fr", "pivot": "en"},
    memory={
        "text": "Good morning. See you tomorrow.",
        "target_lang": "fr",
        "memory": [{"source": "Good morning.", "target": "Bien le bonjour."}],
    },
)
