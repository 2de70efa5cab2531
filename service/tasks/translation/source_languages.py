"""The source languages of a text: one for each sentence, because people mix languages."""

from collections.abc import Container, Sequence

from service.tasks.text.languages import Language
from service.tasks.translation.documents.marks.markers import without_markers
from service.tasks.translation.documents.marks.unit import Unit
from service.tasks.translation.language.detection import Detect, Detection
from service.tasks.translation.language.scripts import weigh

_CERTAIN = 0.5  # with less confidence in the detected language, the prompt names no source language
_SURE = 0.8  # with this confidence a sentence is in another language than its text
LONG = 24  # Latin letters, or as much in other scripts, that a sentence has to have to differ from the rest of a file


def trusted(detected: Detection | None, readable: Container[str]) -> Language | None:
    """The detected language, if it is certain enough and one of the ``readable`` ones, which are bases of languages."""
    if detected is None or detected.confidence < _CERTAIN or detected.language.base not in readable:
        return None
    return detected.language


def unit_languages(
    units: Sequence[Unit], language: Language | None, detect: Detect, readable: Container[str]
) -> list[Language | None]:
    """The language of each unit of a text that as a whole is in ``language``; None if it is not known.

    A unit whose language is not sure is in one of the languages that the text, or another of its units, is in.
    """
    if len(units) < 2:
        return [language] * len(units)
    detected = [[each for each in detect(unit.text) if each.language.base in readable] for unit in units]
    sure = {} if language is None else {language.code: language}
    sure |= {best.language.code: best.language for best, *_ in filter(None, detected) if best.confidence >= _SURE}
    return [
        next((each.language for each in detections if each.language.code in sure), language) for detections in detected
    ]


def languages_in_file(
    units: Sequence[Unit], main: Language, detect: Detect, readable: Container[str]
) -> list[Language]:
    """The language of each unit of one text in a file that is mostly in ``main``.

    Cells and messages are short, and words that look alike in two languages would stay untranslated, so only a long
    unit whose language is sure is in another one.
    """
    return [_language_in_file(unit.text, main, detect, readable) for unit in units]


def _language_in_file(text: str, main: Language, detect: Detect, readable: Container[str]) -> Language:
    if weigh(without_markers(text)) < LONG:
        return main
    best = next((each for each in detect(text) if each.language.base in readable), None)
    is_other = best is not None and best.confidence >= _SURE and best.language.base != main.base
    return best.language if best is not None and is_other else main
