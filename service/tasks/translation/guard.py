"""What is doubtful about a translation, as far as it can be told without knowing both languages.

Pure functions: a source and what the model made of it in, flags out. The numbers are set so that people's translations
pass: of 4,997 in NTREX-128 and Tatoeba (English to Chinese and back, to French, from French) 6 are flagged.
"""

import re
from collections.abc import Callable

from service.tasks.text.languages import Language
from service.tasks.translation.result import Detection, Flag
from service.tasks.translation.scripts import letters, scripts_of, traditional, weight, weight_of, without_markers

Detect = Callable[[str], list[Detection]]

# Of the pairs above, with ten letters of slack for short ones, none weighs less than 0.53 or more than 2.63 times its
# source, and one in a thousand more than 2.1 times.
_LIGHTEST, _HEAVIEST, _SLACK = 0.5, 2.5, 10

_LONGEST_PERIOD = 64  # characters of what is repeated
_TIMES, _LONG_TIMES, _LONG = 4, 3, 8  # so often in a row is a loop; for what has eight characters or more, three times
_LOOP_WEIGHT = 16  # of all of it; less is an exclamation

_NAMES = 3  # words of a translation that may be a name
_RELIABLE = 24  # letters from which on a language is detected with certainty, ...
_SURE, _SURER = 0.7, 0.9  # ... if the detector is so sure; surer, if it is neither source nor target
_FOREIGN = 0.7  # share of the weight that letters of wrong scripts may have: names stay as they are

_REPEATED = re.compile(rf"(.{{1,{_LONGEST_PERIOD}}}?)\1", re.DOTALL)
# As an ordinary word of a language in Latin letters is written, and not an abbreviation, an address or code.
_LOWER_CASE = re.compile(r"(?<![^\s\u2e80-\uffef(\"“‘])[a-zß-öø-ÿ]{4,}(?![A-Za-z0-9@/_:.-]*[A-Za-z0-9@/_-])")
_COMMON_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*[.,;:!?]*")


def flags(
    source: str, translation: str, *, given: Language | None, wanted: Language, detect: Detect
) -> tuple[Flag, ...]:
    """The flags of a whole translation, without markers' and terms', which are judged where they are known."""
    source, translation = without_markers(source).strip(), without_markers(translation).strip()
    if not translation:
        return (Flag.EMPTY,)
    found = {
        Flag.REPETITION: repeats(translation) and not repeats(source),
        Flag.LENGTH: _out_of_band(source, translation),
        Flag.COPIED: _copied(source, translation),
    }
    if not found[Flag.COPIED]:
        found[Flag.LANGUAGE] = _left_over(source, translation, wanted) or _wrong_language(
            translation, given, wanted, detect
        )
    return tuple(flag for flag, present in found.items() if present)


def loops(text: str) -> bool:
    """Whether the text ends in a loop. Cheap enough to ask while the text is being written."""
    tail = text[-_LONGEST_PERIOD * _TIMES :]
    return any(
        _is_loop(tail[_run_start(tail, period) :], period)
        for period in range(1, len(tail) // 2 + 1)
        if tail[-period:] == tail[-2 * period : -period]
    )


def repeats(text: str) -> bool:
    """Whether there is a loop anywhere in the text."""
    position = 0
    while match := _REPEATED.search(text, position):
        period, end = len(match[1]), match.end()
        while end < len(text) and text[end] == text[end - period]:
            end += 1
        if _is_loop(text[match.start() : end], period):
            return True
        position = max(match.start() + 1, end - period)
    return False


def _run_start(text: str, period: int) -> int:
    """From where on the text, up to its end, goes round with this period."""
    start = max(len(text) - period, 0)
    while start > 0 and text[start - 1] == text[start - 1 + period]:
        start -= 1
    return start


def _is_loop(run: str, period: int) -> bool:
    """Whether what goes round is words, often enough. Nothing need follow the last word."""
    times = _LONG_TIMES if period >= _LONG else _TIMES
    return len(run) >= times * period - 1 and weight(run) >= _LOOP_WEIGHT and any(map(str.isalpha, run))


def _out_of_band(source: str, translation: str) -> bool:
    given, made = weight(source), weight(translation)
    return made + _SLACK < _LIGHTEST * given or made - _SLACK > _HEAVIEST * given


def _copied(source: str, translation: str) -> bool:
    """Whether more than a name, a number or a piece of code came back as it was."""
    if source.casefold() != translation.casefold():
        return False
    words = source.split()
    common = sum(word[0].islower() and _COMMON_WORD.fullmatch(word) is not None for word in words)
    return (len(words) > 1 and common * 2 >= len(words)) or any(char >= "\u3000" for char in source)


def _left_over(source: str, translation: str, wanted: Language) -> bool:
    """Whether words of the source stand untranslated in a text of another script; names have capitals."""
    if "Latn" in scripts_of(wanted.base):
        return False
    return not _common_words(source).isdisjoint(_common_words(translation))


def _common_words(text: str) -> set[str]:
    return set(_LOWER_CASE.findall(text))


def _wrong_language(translation: str, given: Language | None, wanted: Language, detect: Detect) -> bool:
    counts = letters(translation)
    native = sum(weight_of(script) * counts[script] for script in scripts_of(wanted.base))
    foreign = sum(weight_of(script) * count for script, count in counts.items()) - native
    if foreign > _FOREIGN * (native + foreign):
        return not _is_name(translation)
    if wanted.base == "zh":
        return wanted.code != "zh" and traditional(translation) is (wanted.name != "Traditional Chinese")
    if counts.total() < _RELIABLE:
        return False
    best = next(iter(detect(translation)), None)
    return (
        best is not None
        and best.language.base != wanted.base
        and best.confidence >= _SURE
        and (given is None or best.language.base == given.base or best.confidence >= _SURER)
    )


def _is_name(text: str) -> bool:
    """Whether every word of a short text has capitals or digits, as names and their like do."""
    words = text.split()
    return len(words) <= _NAMES and text.isascii() and not any(map(str.islower, words))
