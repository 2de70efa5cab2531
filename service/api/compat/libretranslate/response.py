"""The answers of LibreTranslate's routes. One text gets single values, a list of texts gets lists of them."""

from collections.abc import Mapping, Sequence

from service.api.wire.response_model import UNSET, ResponseModel, UnsetType
from service.tasks.text.languages import Language
from service.tasks.translation import Detection, Translation


class LibreDetection(ResponseModel):
    """``confidence`` is a percentage. A text without letters is in ``und``, BCP-47's code for undetermined."""

    confidence: float
    language: str

    @classmethod
    def from_detection(cls, detection: Detection | None) -> "LibreDetection":
        """The detection, or undetermined if there is none."""
        if detection is None:
            return cls(0.0, "und")
        return cls(round(100 * detection.confidence, 2), detection.language.code)


class LibreTextResponse(ResponseModel, rename="camel"):
    """The translation of a text. ``alternatives`` are set if the request asks for some."""

    translated_text: str
    detected_language: LibreDetection | UnsetType = UNSET  # for the source "auto"
    alternatives: Sequence[str] | UnsetType = UNSET


class LibreListResponse(ResponseModel, rename="camel"):
    """The translations of a list of texts."""

    translated_text: list[str]
    detected_language: list[LibreDetection] | UnsetType = UNSET
    alternatives: list[Sequence[str]] | UnsetType = UNSET


class LibreLanguage(ResponseModel):
    """A language, and the languages that it can be translated to."""

    code: str
    name: str
    targets: list[str]


def text_response(translation: Translation, *, auto: bool, alternatives: bool) -> LibreTextResponse:
    """The answer for a text."""
    return LibreTextResponse(
        translation.text,
        LibreDetection.from_detection(translation.detected) if auto else UNSET,
        translation.alternatives if alternatives else UNSET,
    )


def list_response(translations: Sequence[Translation], *, auto: bool, alternatives: bool) -> LibreListResponse:
    """The answer for a list of texts."""
    return LibreListResponse(
        [each.text for each in translations],
        [LibreDetection.from_detection(each.detected) for each in translations] if auto else UNSET,
        [each.alternatives for each in translations] if alternatives else UNSET,
    )


def language_list(known: Mapping[Language, Sequence[Language]]) -> list[LibreLanguage]:
    """Languages with those that each is translated to, the language itself among them."""
    return [
        LibreLanguage(source.code, source.name, [each.code for each in (source, *targets)])
        for source, targets in known.items()
    ]


TEXT_EXAMPLE = LibreTextResponse("Bonjour, comment allez-vous ?", LibreDetection(98.0, "en"))
LIST_EXAMPLE = LibreListResponse(["Guten Morgen.", "<b>Danke</b>"], [LibreDetection(98.0, "en")] * 2)
DETECT_EXAMPLE = [LibreDetection(97.5, "fr")]
LANGUAGES_EXAMPLE = [LibreLanguage("en", "English", ["en", "zh", "fr"])]
