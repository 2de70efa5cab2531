"""The answers of DeepL's routes."""

from collections.abc import Container, Iterable, Sequence

from service.api.wire.response_model import UNSET, ResponseModel, UnsetType
from service.tasks.text.languages import Language, find_language
from service.tasks.translation import Translation

_TAG_HANDLING_VERSION = "v2"
NO_LIMIT = 1_000_000_000_000  # DeepL's number of characters for accounts without a limit


class DeepLTranslation(ResponseModel):
    """The translation of one text."""

    detected_source_language: str
    text: str
    billed_characters: int | UnsetType = UNSET
    model_type_used: str | UnsetType = UNSET
    tag_handling_version: str | UnsetType = UNSET


class DeepLTranslateResponse(ResponseModel):
    """The translations of all texts."""

    translations: list[DeepLTranslation]

    @classmethod
    def from_translations(
        cls,
        texts: Sequence[str],
        translations: Sequence[Translation],
        *,
        billed: bool,
        model_type: str | None,
        tag_handling: bool,
    ) -> "DeepLTranslateResponse":
        """The translations of these texts, with the optional fields that were asked for."""
        answers = []
        for text, translation in zip(texts, translations, strict=True):
            source = translation.source or (translation.detected and translation.detected.language)
            answers.append(
                DeepLTranslation(
                    source.base.upper() if source else "",
                    translation.text,
                    len(text) if billed else UNSET,
                    UNSET if model_type is None else _model_type_used(model_type),
                    _TAG_HANDLING_VERSION if tag_handling else UNSET,
                )
            )
        return cls(answers)


def _model_type_used(wanted: str) -> str:
    """The type that was asked for, without "prefer": one model serves both."""
    return wanted.removeprefix("prefer_")


class DeepLLanguage(ResponseModel):
    """A language; ``supports_formality`` is for target languages only."""

    language: str
    name: str
    supports_formality: bool | UnsetType = UNSET


class DeepLUsageResponse(ResponseModel):
    """Characters translated for the key since the start of the service."""

    character_count: int
    character_limit: int


def source_languages(known: Sequence[Language]) -> list[DeepLLanguage]:
    """The languages without regions and scripts, which do not matter in a text to translate."""
    bases = dict.fromkeys(language.base for language in known)
    return [DeepLLanguage(base.upper(), find_language(base).name) for base in bases]


def target_languages(variants: Iterable[Language], *, formal: Container[str]) -> list[DeepLLanguage]:
    """These languages, as DeepL's clients know them; ``formal`` are the bases of those that have formality here."""
    return [DeepLLanguage(each.code.upper(), each.name, each.base in formal) for each in variants]


TRANSLATE_EXAMPLE = DeepLTranslateResponse([DeepLTranslation("EN", "Hallo, Welt!")])
LANGUAGES_EXAMPLE = [DeepLLanguage("DE", "German", True)]
USAGE_EXAMPLE = DeepLUsageResponse(1204, NO_LIMIT)
