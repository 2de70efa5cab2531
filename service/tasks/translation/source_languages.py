"""The source languages of a text: one for each sentence, because people mix languages."""

from collections.abc import Sequence

from service.tasks.text.languages import Language
from service.tasks.translation.documents.marks.unit import Unit
from service.tasks.translation.language.detection import Detect, Detection
from service.tasks.translation.prompting.example_sentences import SENTENCES

_CERTAIN = 0.5  # with less confidence in the detected language, the prompt names no source language
_SURE = 0.8  # with this confidence a sentence is in another language than its text


def trusted(detected: Detection | None) -> Language | None:
    """The detected language, if it is certain enough and the model can be shown examples of it."""
    if detected is None or detected.confidence < _CERTAIN or detected.language.base not in SENTENCES:
        return None
    return detected.language


def unit_languages(units: Sequence[Unit], language: Language | None, detect: Detect) -> list[Language | None]:
    """The language of each unit of a text that as a whole is in ``language``; None if it is not known.

    A unit whose language is not sure is in one of the languages that the text, or another of its units, is in.
    """
    if len(units) < 2:
        return [language] * len(units)
    detected = [[each for each in detect(unit.text) if each.language.base in SENTENCES] for unit in units]
    sure = {} if language is None else {language.code: language}
    sure |= {best.language.code: best.language for best, *_ in filter(None, detected) if best.confidence >= _SURE}
    return [
        next((each.language for each in detections if each.language.code in sure), language) for detections in detected
    ]
