"""Words of the source that are left in a translation."""

import re

from service.tasks.text.languages import Language
from service.tasks.translation.language.scripts import scripts_of

_LONGEST_COPY = 2  # words in a row that a translation may have from its source: of 5,996 by people, 4 have more
_MOST_PLACES = 64  # of one word of the source that are looked at

# A word as languages with Latin letters write it, in lower case: no abbreviation, no address and no code.
_LOWER_CASE = re.compile(r"(?<![^\s\u2e80-\uffef(\"“‘])[a-zß-öø-ÿ]{4,}(?![A-Za-z0-9@/_:.-]*[A-Za-z0-9@/_-])")
_WORD = re.compile(r"[^\W_]+(?:[-'’.@/:_][^\W_]+)*")


def keeps_source_words(source: str, translation: str, target: Language) -> bool:
    """Whether words of the source are left: any in another script, or three in a row in the same. Names have capitals.

    Every other script has its own check of letters.
    """
    if "Latn" in scripts_of(target.base):
        return _longest_copy(source, translation) > _LONGEST_COPY
    return not set(_LOWER_CASE.findall(source)).isdisjoint(_LOWER_CASE.findall(translation))


def _longest_copy(source: str, translation: str) -> int:
    """The most words in a row, in lower case, that both texts have."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(_words(source)):
        places.setdefault(word, []).append(place)
    longest = 0
    lengths: dict[int, int] = {}
    for word in _words(translation):
        lengths = {place: lengths.get(place - 1, 0) + 1 for place in places.get(word, ())[:_MOST_PLACES] if word}
        longest = max(longest, *lengths.values(), 0)
    return longest


def _words(text: str) -> list[str]:
    """The words of a text; "" stands for names, codes and numbers."""
    return [word if word.isalpha() and word.islower() else "" for word in _WORD.findall(text)]
