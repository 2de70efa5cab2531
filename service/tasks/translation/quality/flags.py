"""Flags: the doubts about a translated segment, and how much each counts."""

from collections.abc import Iterable
from enum import StrEnum


class Flag(StrEnum):
    """A doubt about a segment, or a repair of it. The client gets every flag."""

    REPETITION = "repetition"  # the model repeats itself
    LENGTH = "length"  # far longer or shorter than translations usually are
    COPIED = "copied"  # the same text as the source
    LANGUAGE = "language"  # not in the target language
    EMPTY = "empty"  # the model wrote nothing, so the source is kept
    TRUNCATED = "truncated"  # cut at the token limit
    PLACEHOLDER = "placeholder"  # placeholders or tags were lost, and put back where they probably belong
    TERM = "term"  # a term of the glossary is missing, or one that must not be translated
    RETRIED = "retried"  # this is the second candidate


_SEVERITIES = {
    Flag.EMPTY: 9,
    Flag.REPETITION: 3,
    Flag.COPIED: 3,
    Flag.LANGUAGE: 3,
    Flag.LENGTH: 2,
    Flag.TRUNCATED: 2,
    Flag.PLACEHOLDER: 2,
    Flag.TERM: 1,
}


def severity(flags: Iterable[Flag]) -> int:
    """How much the flags count together against a candidate. ``RETRIED`` is not a doubt and does not count."""
    return sum(_SEVERITIES.get(flag, 0) for flag in flags)
