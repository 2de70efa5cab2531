"""Whether a translation has the numbers, the days and the currencies of its source, and no others."""

import unicodedata
from decimal import Decimal

from service.tasks.text.languages import Language
from service.tasks.translation.quality.numbers.dates import months, week_days
from service.tasks.translation.quality.numbers.digits import numbers_in_digits
from service.tasks.translation.quality.numbers.units import converts_units, loses_sign
from service.tasks.translation.quality.numbers.words import LANGUAGES, numbers_in_words

_OFTEN_IN_WORDS = 12  # numbers up to here are often words, which are known for a few languages only


def has_other_numbers(source: str, translation: str, source_language: Language | None, target: Language) -> bool:
    """Whether a number, a day of the week or a currency of one text is not in the other.

    Numbers may change where miles become kilometres.
    """
    source, translation = (unicodedata.normalize("NFKC", text) for text in (source, translation))
    language = "" if source_language is None else source_language.base
    other_numbers = _lacks(source, translation, language, target.base) or _lacks(
        translation, source, target.base, language
    )
    return (
        (other_numbers and not converts_units(source, translation))
        or _has_other_days(source, translation, language, target.base)
        or loses_sign(source, translation)
    )


def _lacks(text: str, other: str, language: str, other_language: str) -> bool:
    """Whether the text has a number that the other text does not have in any way."""
    in_digits = [number for number in numbers_in_digits(text) if max(number.values) > 1]  # 4:00 is 4, No. 1 the best
    in_words = [number.value for number in numbers_in_words(text, language) if number.is_sure]
    if not in_digits and not in_words:
        return False
    said = _said(other, other_language)
    if other_language not in LANGUAGES:
        in_words = []
        in_digits = [number for number in in_digits if min(number.values) > _OFTEN_IN_WORDS]
    return not said.issuperset(in_words) or not all(number.is_among(said) for number in in_digits)


def _said(text: str, language: str) -> set[Decimal]:
    """All values that the numbers of a text may have."""
    said = {value for number in numbers_in_digits(text) for value in number.readings}
    said.update(value for number in numbers_in_words(text, language) for value in number.readings)
    said.update(map(Decimal, months(text, language)))
    return said


def _has_other_days(source: str, translation: str, language: str, target: str) -> bool:
    days, others = week_days(source, language), week_days(translation, target)
    return bool(days and others) and days.isdisjoint(others)
