"""The guard: checks of a translation that need no understanding of its languages.

The thresholds are set so that translations by people pass: of 5,996 in NTREX-128 and Tatoeba (English to Chinese and
back, English to French and back) 108 are flagged, most of them because people convert or drop numbers.
"""

from service.tasks.text.languages import Language, is_written_traditionally
from service.tasks.translation.documents.marks.markers import without_markers
from service.tasks.translation.documents.marks.unit import Unit
from service.tasks.translation.language.detection import LIKE, Detect
from service.tasks.translation.language.scripts import (
    count_letters,
    is_traditional,
    letter_weight,
    scripts_of,
    weigh,
)
from service.tasks.translation.quality.checks.answered import is_answered
from service.tasks.translation.quality.checks.copied import is_copied
from service.tasks.translation.quality.checks.foreign_script import has_foreign_script
from service.tasks.translation.quality.checks.kept_words import keeps_source_words
from service.tasks.translation.quality.checks.lost_parts import loses_part
from service.tasks.translation.quality.checks.names import loses_names
from service.tasks.translation.quality.checks.negation import loses_negation
from service.tasks.translation.quality.checks.repeated_example import repeats_example
from service.tasks.translation.quality.checks.sentence_marks import changes_question, loses_exclamation
from service.tasks.translation.quality.flags import Flag
from service.tasks.translation.quality.loops import has_loop
from service.tasks.translation.quality.numbers.agreement import has_other_numbers

# With ten letters of tolerance for short texts, no translation among the pairs above weighs less than 0.53 or more than
# 2.63 times its source, and one in a thousand weighs more than 2.1 times its source.
_LIGHTEST, _HEAVIEST, _TOLERANCE = 0.5, 2.5, 10

_NAME_WORDS = 3  # a translation of at most this many words may be a name
_RELIABLE_LETTERS = 24  # a language is detected reliably in a text of this many letters, ...
_SURE = 0.7  # ... with this confidence if it is the source language, or if no source language is known, ...
_VERY_SURE = 0.9  # ... and with this confidence if it is neither source nor target language
_FOREIGN = 0.7  # share of the weight that letters of other scripts may have, because names are kept


def check(
    source: str, translation: str, *, source_language: Language | None, target: Language, detect: Detect
) -> tuple[Flag, ...]:
    """The flags of a whole translation.

    Markers are ignored here. TranslationCandidate flags what needs them, and the terms of the glossary.
    """
    source, translation = without_markers(source).strip(), without_markers(translation).strip()
    if not translation:
        return (Flag.EMPTY,)
    base = None if source_language is None else source_language.base
    found = {
        Flag.REPETITION: has_loop(translation) and not has_loop(source),
        Flag.LENGTH: _has_odd_length(source, translation),
        Flag.COPIED: is_copied(source, translation, source_language, target, detect),
    }
    if not found[Flag.COPIED]:
        found |= {
            Flag.LANGUAGE: keeps_source_words(source, translation, target)
            or _is_wrong_language(translation, source_language, target, detect),
            Flag.SCRIPT: has_foreign_script(source, translation, base, target.base),
            Flag.ANSWERED: is_answered(source, translation, target.base),
            Flag.QUESTION: changes_question(source, translation),
            Flag.EXCLAMATION: loses_exclamation(source, translation),
            Flag.NUMBERS: has_other_numbers(source, translation, source_language, target),
            Flag.NEGATION: loses_negation(source, translation, base, target.base),
            Flag.NAMES: loses_names(source, translation, base, target.base),
        }
    return tuple(flag for flag, present in found.items() if present)


def check_example(
    source: str, translation: str, example: tuple[str, str], source_language: Language | None
) -> tuple[Flag, ...]:
    """The flag of a translation whose prompt had an example: a similar text and its translation, with markers."""
    base = None if source_language is None else source_language.base
    return (Flag.EXAMPLE,) if repeats_example(source, translation, *example, base) else ()


def check_marked(unit: Unit, translation: str) -> tuple[Flag, ...]:
    """The flags that need markers. ``translation`` has each marker of the unit once."""
    return (Flag.LOST_WORDS,) if loses_part(unit, translation) else ()


def _has_odd_length(source: str, translation: str) -> bool:
    source_weight, weight = weigh(source), weigh(translation)
    too_light = weight + _TOLERANCE < _LIGHTEST * source_weight
    return too_light or weight - _TOLERANCE > _HEAVIEST * source_weight


def _is_wrong_language(translation: str, source_language: Language | None, target: Language, detect: Detect) -> bool:
    """Whether the script or, in a text that is long enough, the detected language is not the target's."""
    counts = count_letters(translation)
    native = sum(letter_weight(script) * counts[script] for script in scripts_of(target.base))
    foreign = sum(letter_weight(script) * count for script, count in counts.items()) - native
    if foreign > _FOREIGN * (native + foreign):
        return not _is_name(translation)
    if scripts_of(target.base) == ("Hani",):
        traditional = is_written_traditionally(target)
        return traditional is not None and is_traditional(translation) is not traditional
    if counts.total() < _RELIABLE_LETTERS:
        return False
    best = next(iter(detect(translation)), None)
    return (
        best is not None
        and best.language.base not in (target.base, *LIKE.get(target.base, ()))
        and best.confidence >= _SURE
        and (source_language is None or best.language.base == source_language.base or best.confidence >= _VERY_SURE)
    )


def _is_name(text: str) -> bool:
    """Whether every word of a short text has capitals or digits, as names do."""
    words = text.split()
    return len(words) <= _NAME_WORDS and text.isascii() and not any(map(str.islower, words))
