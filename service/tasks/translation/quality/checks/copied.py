"""Text that was copied instead of translated. Names, codes and numbers may be copied."""

import re

from service.tasks.text.languages import Language
from service.tasks.translation.language.detection import Detect
from service.tasks.translation.language.scripts import count_letters, scripts_of
from service.tasks.translation.quality.checks.everyday_words import EVERYDAY_WORDS

_WORD = re.compile(r"[^\W_]+(?:[-'’.@/:_]+[^\W_]+)*")
_LONGEST_ACRONYM = 5
_LONGEST_HAN_NAME = 4  # characters that Chinese and Japanese may share
_SURE = 0.7  # with this confidence, the source is in the target language already


def is_copied(
    source: str, translation: str, source_language: Language | None, target: Language, detect: Detect
) -> bool:
    """Whether the translation is the source, and the source has words to translate.

    Upper and lower case, marks and white space do not count. A source that is in the target language may be copied.
    """
    plain = _plain(source)
    if not any(map(str.isalpha, plain)) or plain != _plain(translation):
        return False
    words = _WORD.findall(source)
    scripts = scripts_of(target.base)
    if _is_written_in(source, scripts) and "Latn" not in scripts:
        is_known = source_language is not None and _is_written_in(source, scripts_of(source_language.base))
        return is_known and len(plain) > _LONGEST_HAN_NAME
    if any(char >= "\u0370" and char.isalpha() for char in source):
        return True
    everyday = EVERYDAY_WORDS.get("en" if source_language is None else source_language.base, frozenset())
    if "Latn" not in scripts:
        return _is_for_another_script(words, everyday)
    if not _is_common(words, everyday):
        return False
    best = next(iter(detect(source)), None)
    return best is None or best.language.base != target.base or best.confidence < _SURE


def _plain(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _is_written_in(text: str, scripts: tuple[str, ...]) -> bool:
    counts = count_letters(text)
    return counts.total() == sum(counts[script] for script in scripts)


def _is_for_another_script(words: list[str], everyday: frozenset[str]) -> bool:
    """Whether a text in another script needs a translation: not if it is a name of several words, or a code."""
    single = len(words) == 1 and words[0].isalpha() and words[0][:1].isupper() and words[0][1:].islower()
    return single or (len(words) == 1 and _is_word(words[0])) or _is_common(words, everyday)


def _is_common(words: list[str], everyday: frozenset[str]) -> bool:
    """Whether most words are no names, codes or numbers."""
    if len(words) == 1:
        [word] = words
        return word.lower() in everyday or (len(word) > 1 and _is_word(word) and not _is_international(word))
    has_codes = any(map(str.isdigit, "".join(words)))
    lower = sum(map(_is_word, words))
    capitalized = sum(word.lower() in everyday and not word.islower() for word in words)
    shouted = sum(_is_shouted(word) and word.lower() not in everyday for word in words) * (not has_codes)
    common = lower + capitalized + shouted
    return lower * 2 >= len(words) if common == lower else common * 2 > len(words)


def _is_word(word: str) -> bool:
    """Whether this is a word in lower case, possibly with hyphens and apostrophes: no name, code or address."""
    return re.fullmatch(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*", word) is not None and word.islower()


def _is_shouted(word: str) -> bool:
    return word.isalpha() and word.isupper() and len(word) > _LONGEST_ACRONYM - 1


def _is_international(word: str) -> bool:
    """Whether languages with Latin letters are likely to share a word."""
    return (
        re.search(r"(?:[st]ion|ment|[ai]ble|al|[ae]nt|age|[ai]nce|ence|[aou]|ine|ure|que|if|or|et|um|us|er)$", word)
        is not None
    )
