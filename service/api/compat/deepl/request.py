"""The bodies of DeepL's routes."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from service.api.requests.examples import request_examples
from service.api.requests.fields import (
    LanguageName,
    NonEmpty,
    RequestModel,
    SourceOfTexts,
    TextOrTexts,
    TranslationContext,
    contradiction,
    texts_schema,
)
from service.tasks.translation import Formality, TagRules

MAX_BODY_BYTES = 128 << 10
_MAX_TAGS, _MAX_TAG = 1000, 200  # names of tags, and characters of one
_MAX_GLOSSARIES = 5


def _at_commas(value: Any) -> Any:
    """Names, which may also come in one text with commas between them: a form has no other lists."""
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        return value  # pydantic says what is wrong
    return [name for each in values for part in each.split(",") if (name := part.strip())]


TagNames = Annotated[
    list[Annotated[NonEmpty, Field(max_length=_MAX_TAG)]],
    Field(max_length=_MAX_TAGS),
    BeforeValidator(_at_commas),
    WithJsonSchema(texts_schema(_MAX_TAG * _MAX_TAGS, _MAX_TAGS)),
]


class DeepLTranslateRequest(RequestModel):
    """Texts to translate."""

    text: Annotated[TextOrTexts, Field(description="The texts.")]
    target_lang: LanguageName
    source_lang: SourceOfTexts = None
    context: TranslationContext = None
    split_sentences: Annotated[
        Literal["0", "1", "nonewlines"] | None,
        Field(
            description="0 splits only at line breaks, 1 also at sentences. In HTML and XML line breaks never split, "
            "so 1 is nonewlines there. Without tag_handling, nonewlines is accepted if no text has a line break, "
            "because lines are always kept. Default: 1."
        ),
    ] = None
    preserve_formatting: Annotated[bool | None, Field(description="Formatting is never changed.")] = None
    formality: Formality | None = None
    tag_handling: Annotated[Literal["html", "xml"] | None, Field(description="The kind of markup in the texts.")] = None
    tag_handling_version: Annotated[
        Literal["v2"] | None, Field(description="XML has to be well-formed, as v2 wants it. v1 is refused.")
    ] = None
    ignore_tags: Annotated[TagNames | None, Field(description="What these elements hold is not translated.")] = None
    splitting_tags: Annotated[TagNames | None, Field(description="These tags always end a sentence.")] = None
    non_splitting_tags: Annotated[TagNames | None, Field(description="These tags never end a sentence.")] = None
    outline_detection: Annotated[
        bool | None, Field(description="Whether tags beside splitting_tags may end a sentence. Default: true.")
    ] = None
    glossary_id: Annotated[
        NonEmpty | None, Field(max_length=256, description="A stored glossary, which needs source_lang.")
    ] = None
    glossary_ids: Annotated[
        list[Annotated[NonEmpty, Field(max_length=256)]] | None,
        BeforeValidator(_at_commas),
        Field(
            max_length=_MAX_GLOSSARIES, description="Several stored glossaries. Of two translations the first counts."
        ),
        WithJsonSchema(texts_schema(_MAX_GLOSSARIES * 257, _MAX_GLOSSARIES)),
    ] = None
    model_type: Annotated[
        Literal["latency_optimized", "prefer_quality_optimized", "quality_optimized"] | None,
        Field(
            description="With quality_optimized or prefer_quality_optimized, each sentence is also decoded from the "
            "six places where the model was least certain, and the likeliest of the translations is chosen. "
            "model_type_used is the type asked for."
        ),
    ] = None
    show_billed_characters: bool | None = None
    enable_beta_languages: Annotated[bool | None, Field(description="Without effect, as DeepL says.")] = None

    @model_validator(mode="after")
    def _tags_need_markup(self) -> "DeepLTranslateRequest":
        for name in ("ignore_tags", "splitting_tags", "non_splitting_tags", "outline_detection"):
            given = getattr(self, name)
            if self.tag_handling is None and given not in (None, [], True):
                raise contradiction(name, f"{name}: there are no tags without tag_handling")
        return self

    @model_validator(mode="after")
    def _glossaries_need_languages(self) -> "DeepLTranslateRequest":
        if self.glossary_id and self.glossary_ids:
            raise contradiction("glossary_ids", "glossary_ids: send these or glossary_id, not both")
        if self.glossaries and self.source_lang is None:
            raise contradiction("source_lang", "source_lang: a glossary needs the language of the texts")
        return self

    @property
    def glossaries(self) -> list[tuple[str, str]]:
        """The field and the id of each glossary."""
        if self.glossary_id:
            return [("glossary_id", self.glossary_id)]
        return [(f"glossary_ids.{i}", id) for i, id in enumerate(self.glossary_ids or ())]

    @property
    def tag_rules(self) -> TagRules:
        """The fields about tags. Names of HTML tags have no case."""
        ignored, splitting, joining = (
            frozenset(name.lower() if self.tag_handling == "html" else name for name in names or ())
            for names in (self.ignore_tags, self.splitting_tags, self.non_splitting_tags)
        )
        return TagRules(ignored, splitting, joining, detects_outline=self.outline_detection is not False)


class DeepLLanguagesRequest(RequestModel):
    """Which languages to list."""

    type: Annotated[Literal["source", "target"] | None, Field(description="Default: source.")] = None


TRANSLATE_EXAMPLES = request_examples(
    DeepLTranslateRequest,
    text={"text": ["Hello, world!"], "target_lang": "DE", "formality": "more"},
    markup={"text": ["<p>Thank <b>you</b>.</p>"], "target_lang": "PT-BR", "tag_handling": "html"},
)
