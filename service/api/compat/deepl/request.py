"""The bodies of DeepL's routes."""

from typing import Annotated, Literal

from pydantic import Field

from service.api.requests.examples import request_examples
from service.api.requests.fields import LanguageName, RequestModel, Text, TextOrTexts
from service.tasks.translation import Formality

MAX_TEXTS = 50
MAX_BODY_BYTES = 128 << 10


class DeepLTranslateRequest(RequestModel):
    """Texts to translate."""

    text: Annotated[TextOrTexts, Field(max_length=MAX_TEXTS, description="The texts.")]
    target_lang: LanguageName
    source_lang: Annotated[
        LanguageName | None, Field(description="Without it, the language of each text is detected.")
    ] = None
    context: Annotated[
        Text | None, Field(max_length=10_000, description="Information for the model; it is not translated.")
    ] = None
    split_sentences: Annotated[
        Literal["0", "1", "nonewlines"] | None,
        Field(
            description="0 splits only at line breaks, 1 also at sentences. nonewlines is accepted if no text has a "
            "line break, because lines are always kept. Default: 1."
        ),
    ] = None
    preserve_formatting: Annotated[bool | None, Field(description="Formatting is never changed.")] = None
    formality: Formality | None = None
    tag_handling: Annotated[Literal["html", "xml"] | None, Field(description="The kind of markup in the texts.")] = None
    model_type: Annotated[
        Literal["latency_optimized", "prefer_quality_optimized"] | None,
        Field(description="There is one model, which is reported as latency_optimized."),
    ] = None
    show_billed_characters: bool | None = None


class DeepLLanguagesRequest(RequestModel):
    """Which languages to list."""

    type: Annotated[Literal["source", "target"] | None, Field(description="Default: source.")] = None


TRANSLATE_EXAMPLES = request_examples(
    DeepLTranslateRequest,
    text={"text": ["Hello, world!"], "target_lang": "DE", "formality": "more"},
    markup={"text": ["<p>Thank <b>you</b>.</p>"], "target_lang": "PT-BR", "tag_handling": "html"},
)
