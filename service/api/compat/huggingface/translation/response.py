"""The answer of the task translation."""

from collections.abc import Sequence

from service.api.wire.response_model import ResponseModel
from service.tasks.translation import Translation


class HuggingFaceTranslation(ResponseModel):
    """The translation of one text."""

    translation_text: str


def translation_list(translations: Sequence[Translation]) -> list[HuggingFaceTranslation]:
    """The translations in the order of the texts."""
    return [HuggingFaceTranslation(translation.text) for translation in translations]


EXAMPLE = [HuggingFaceTranslation("Bonjour.")]
