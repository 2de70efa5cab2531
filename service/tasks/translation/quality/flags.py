"""Flags: the doubts about a translated segment, and how much each counts."""

from collections.abc import Iterable
from enum import StrEnum


class Flag(StrEnum):
    """A doubt about a segment, or a repair of it. The client gets every flag."""

    REPETITION = "repetition"  # the model repeats itself
    LENGTH = "length"  # far longer or shorter than translations usually are
    COPIED = "copied"  # the same text as the source
    LANGUAGE = "language"  # not in the target language, or with words of the source
    SCRIPT = "script"  # letters of a script that the target language does not have
    ANSWERED = "answered"  # the model answered or introduced the text instead of translating it
    QUESTION = "question"  # a question became a statement, or a statement a question
    EXCLAMATION = "exclamation"  # the mark of an exclamation is lost
    NUMBERS = "numbers"  # numbers, days of the week or currencies differ
    NEGATION = "negation"  # nothing in the translation negates, and the source does
    NAMES = "names"  # names are missing
    LOST_WORDS = "lost_words"  # all words inside markup, or all words outside of it, are missing
    EXAMPLE = "example"  # the translation of the similar pair of the memory that the model was shown
    EMPTY = "empty"  # the model wrote nothing, so the source is kept
    TRUNCATED = "truncated"  # cut at the token limit
    PLACEHOLDER = (
        "placeholder"  # placeholders or tags were lost, and put back or the texts between them translated apart
    )
    TERM = "term"  # a term of the glossary is missing, or one that must not be translated
    RETRIED = "retried"  # this is the second candidate


_SEVERITIES = {
    Flag.EMPTY: 9,
    Flag.REPETITION: 3,
    Flag.COPIED: 3,
    Flag.LANGUAGE: 3,
    Flag.ANSWERED: 3,
    Flag.EXAMPLE: 3,
    Flag.SCRIPT: 2,
    Flag.QUESTION: 2,
    Flag.NUMBERS: 2,
    Flag.NEGATION: 2,
    Flag.NAMES: 2,
    Flag.LOST_WORDS: 2,
    Flag.LENGTH: 2,
    Flag.TRUNCATED: 2,
    Flag.PLACEHOLDER: 2,
    Flag.EXCLAMATION: 1,
    Flag.TERM: 1,
}


def severity(flags: Iterable[Flag]) -> int:
    """How much the flags count together against a candidate. ``RETRIED`` is not a doubt and does not count."""
    return sum(_SEVERITIES.get(flag, 0) for flag in flags)
