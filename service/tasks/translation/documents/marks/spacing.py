"""White space beside marks: a translation has it where its source has it, not where a model likes to write it."""

import re
from collections.abc import Sequence

from service.tasks.translation.documents.marks.markers import split_at_markers
from service.tasks.translation.documents.marks.unit import Mark, Unit

_OPENING, _ENDING = frozenset('([{"“‘'), frozenset(",.)]}")
_TAG = re.compile(r"<[^<>]*>")
_LAST_WORD, _FIRST_WORD = re.compile(r"\S*\Z"), re.compile(r"\S*")


def fit_white_space(unit: Unit, texts: list[str], numbers: Sequence[int]) -> None:
    """Remove white space in ``texts``, which are around the marks ``numbers``, in place.

    Inside a pair of tags there is none beside the tags, unless the source has it. It moves outside if words would
    touch.
    Outside of a mark it is removed next to the same word as in the source (``NA<sub>f</sub>``), and inside of brackets.
    """
    sources, _ = split_at_markers(unit.text)
    for index, number in enumerate(numbers):
        mark = unit.marks[number - 1]
        source_before, source_after = sources[number - 1], sources[number]
        before, after = texts[index], texts[index + 1]
        opens = bool(mark.tags) and mark.tags[-1] > 0
        closes = bool(mark.tags) and mark.tags[0] < 0
        if opens and closes and _holds_space(mark):
            texts[index], texts[index + 1] = before.rstrip(), after.lstrip()
            continue
        if closes and source_before and not source_before[-1].isspace():
            kept = before.rstrip()
            after = _moved(kept, before[len(kept) :], after, apart=after[:1].isalnum())
            before = kept
        elif not closes and _touches(source_before, before, _LAST_WORD, -1, _OPENING):
            before = before.rstrip()
        if opens and source_after and not source_after[0].isspace():
            kept = after.lstrip()
            if kept != after and before[-1:].isalnum() and not _same_word(source_before, before, _LAST_WORD):
                before += " "
            after = kept
        elif not opens and _touches(source_after, after, _FIRST_WORD, 0, _ENDING):
            after = after.lstrip()
        texts[index], texts[index + 1] = before, after


def _moved(kept: str, space: str, after: str, *, apart: bool) -> str:
    """The text behind a closing tag, with the space that was before the tag if two words would touch."""
    return " " + after if kept and space and apart else after


def _touches(source: str, text: str, word: re.Pattern[str], edge: int, around: frozenset[str]) -> bool:
    """Whether a mark touches the text beside it in the source, and must do so in the translation."""
    if not source or source[edge].isspace():
        return False
    plain = text.strip()
    return bool(plain) and ((source[edge] in around and plain[edge] in around) or _same_word(source, text, word))


def _same_word(source: str, text: str, word: re.Pattern[str]) -> bool:
    """Whether the word beside a mark, which ends in a letter or a digit there, is the one of the source."""
    one, other = word.search(source.strip()), word.search(text.strip())
    assert one is not None  # both match, perhaps nothing
    assert other is not None
    edge = -1 if word is _LAST_WORD else 0
    return one[0] == other[0] and one[0][edge:][:1].isalnum()


def _holds_space(mark: Mark) -> bool:
    """Whether there is white space between the tags of a mark."""
    return any(map(str.isspace, _TAG.sub("", mark.source)))
