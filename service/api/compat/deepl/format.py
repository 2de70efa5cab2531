"""What DeepL's routes say."""

from collections.abc import Iterator, Sequence
from typing import Any

from service.tasks.text.languages import Language, find_language
from service.tasks.translation import FORMS_OF_ADDRESS, Translation

MODEL_TYPE = "latency_optimized"
# Targets for which DeepL's clients want to know which of them.
_VARIANTS = {"en": ("en-GB", "en-US"), "pt": ("pt-BR", "pt-PT"), "zh": ("zh", "zh-Hans", "zh-Hant")}


def translated(
    texts: Sequence[str], translations: Sequence[Translation], *, billed: bool, model_type: bool
) -> dict[str, Any]:
    said = []
    for text, translation in zip(texts, translations, strict=True):
        source = translation.source or (translation.detected and translation.detected.language)
        item: dict[str, Any] = {
            "detected_source_language": source.base.upper() if source else "",
            "text": translation.text,
        }
        if billed:
            item["billed_characters"] = len(text)
        if model_type:
            item["model_type_used"] = MODEL_TYPE
        said.append(item)
    return {"translations": said}


def sources(known: Sequence[Language]) -> list[dict[str, Any]]:
    """Without scripts and regions, which make no difference to what is read."""
    bases = dict.fromkeys(language.base for language in known)
    return [{"language": base.upper(), "name": find_language(base).name} for base in bases]


def targets(known: Sequence[Language]) -> list[dict[str, Any]]:
    return [
        {
            "language": language.code.upper(),
            "name": language.name,
            "supports_formality": language.base in FORMS_OF_ADDRESS,
        }
        for language in _variants(known)
    ]


def _variants(known: Sequence[Language]) -> Iterator[Language]:
    for base in dict.fromkeys(language.base for language in known):
        yield from map(find_language, _VARIANTS.get(base, (base,)))
