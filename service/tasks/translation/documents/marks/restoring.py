"""Restoring: replaces the markers of a translated unit by their marks.

``restore`` accepts a translation only if its markers are correct. ``force_restore`` repairs any translation.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate

from service.tasks.translation.documents.marks.branch_text import fit_branch
from service.tasks.translation.documents.marks.escaping import TextPlace, escape, escape_line_start
from service.tasks.translation.documents.marks.markers import split_at_markers
from service.tasks.translation.documents.marks.spacing import fit_white_space
from service.tasks.translation.documents.marks.unit import Mark, Unit


def restore(unit: Unit, translated: str) -> str | None:
    """``translated`` with its marks. None unless it has each marker exactly once and its tags nest."""
    if translated == unit.text and all(mark.replacement == mark.source for mark in unit.marks):
        return unit.source
    texts, numbers = split_at_markers(translated)
    if sorted(numbers) != list(range(1, len(unit.marks) + 1)):
        return None
    marks = [unit.marks[number - 1] for number in numbers]
    return _join(unit, texts, numbers) if _tags_nest(unit, marks) else None


def force_restore(unit: Unit, translated: str) -> str:
    """Like ``restore`` for any translation: each mark is in the result exactly once, and the tags nest.

    A missing marker is put between its neighbours, in proportion to its place in the source. Of a repeated marker, the
    first one counts. Tags that do not nest are put in the order that they have in the source.
    """
    texts, numbers = split_at_markers(translated)
    placed: dict[int, int] = {}  # number of a marker -> its position in the text without markers
    position = 0
    for text, number in zip(texts, numbers, strict=False):
        position += len(text)
        if 1 <= number <= len(unit.marks):
            placed.setdefault(number, position)
    plain = _strip_markers(texts)
    if len(plain) != sum(map(len, texts)):  # the rest of the text formed another marker, so the positions are wrong
        placed = {}
    missing = set(range(1, len(unit.marks) + 1)) - placed.keys()
    if missing:
        placed = _place_missing(unit, placed, plain)
    order = sorted(placed, key=lambda number: (placed[number], number))
    positions = [placed[number] for number in order]
    if not _tags_nest(unit, [unit.marks[number - 1] for number in order]):
        tags = iter(sorted(number for number in order if unit.marks[number - 1].tags))
        order = [next(tags) if unit.marks[number - 1].tags else number for number in order]
    texts = [plain[start:end] for start, end in zip([0, *positions], [*positions, len(plain)], strict=True)]
    for index, number in enumerate(order):
        if number in missing and not unit.marks[number - 1].tags:  # the mark is read as a word: keep others apart
            texts[index] += " " * _is_letter(texts[index][-1:])
            texts[index + 1] = " " * _is_letter(texts[index + 1][:1]) + texts[index + 1]
    return _join(unit, texts, order)


def _tags_nest(unit: Unit, marks: Iterable[Mark]) -> bool:
    """Whether the tags of ``marks``, in this order, open and close each other as they do in the unit.

    Tags whose partner is outside the unit must come in the same order as in the unit.
    """
    return _unpaired_tags(marks) == _unpaired_tags(unit.marks)


def _unpaired_tags(marks: Iterable[Mark]) -> tuple[list[int], list[int], bool]:
    """The pairs that are closed but not opened, those that are opened but not closed, and whether the rest nests."""
    closed: list[int] = []
    opened: list[int] = []
    nested = True
    for mark in marks:
        for tag in mark.tags:
            if tag > 0:
                opened.append(tag)
            elif opened and opened[-1] == -tag:
                opened.pop()
            else:
                # The closed pair began outside the unit, so it would cross a pair that is still open.
                nested = nested and not opened
                closed.append(-tag)
    return closed, opened, nested


def _strip_markers(texts: Sequence[str]) -> str:
    """The joined texts without any marker. Joining may form new markers, so it is repeated."""
    plain = "".join(texts)
    while True:
        texts, numbers = split_at_markers(plain)
        if not numbers:
            return plain
        plain = "".join(texts)


def _place_missing(unit: Unit, placed: dict[int, int], plain: str) -> dict[int, int]:
    """Positions of all markers. A missing marker goes between its neighbours, in proportion to the source."""
    texts, _ = split_at_markers(unit.text)
    in_source = [0, *accumulate(map(len, texts))]  # in_source[number] is the marker's position in the source
    following: dict[int, int] = {}  # number of a missing marker -> the next number that is placed
    next_placed = len(unit.marks) + 1
    for number in range(len(unit.marks), 0, -1):
        if number in placed:
            next_placed = number
        else:
            following[number] = next_placed
    positions = {0: 0, **placed, len(unit.marks) + 1: len(plain)}
    for number in range(1, len(unit.marks) + 1):
        if number in placed:
            continue
        begin, end = positions[number - 1], positions[following[number]]
        if end < begin:
            end = len(plain)
        whole = in_source[following[number]] - in_source[number - 1]
        part = in_source[number] - in_source[number - 1]
        position = _word_boundary(plain, begin + (end - begin) * part // max(1, whole))
        positions[number] = min(max(position, begin), end)
    return {number: positions[number] for number in range(1, len(unit.marks) + 1)}


def _word_boundary(text: str, position: int) -> int:
    """The position nearest to ``position`` that is not inside a word, if there is one within 40 characters."""
    for distance in range(len(text) + 1):
        for near in (position - distance, position + distance):
            if 0 <= near <= len(text) and not _is_inside_word(text, near):
                return near
        if distance > 40:  # no word is that long
            break
    return position


def _is_inside_word(text: str, position: int) -> bool:
    return 0 < position < len(text) and _is_letter(text[position - 1]) and _is_letter(text[position])


def _is_letter(char: str) -> bool:
    """Whether the character belongs to a script with spaces between words. From U+2E80 on, scripts have none."""
    return char.isalnum() and char < "\u2e80"


def _join(unit: Unit, texts: list[str], numbers: Sequence[int]) -> str:
    """Escape the texts and join them around the marks ``numbers``; there is one text more than there are marks."""
    marks = [unit.marks[number - 1] for number in numbers]
    fit_white_space(unit, texts, numbers)
    if unit.syntax:
        fit_branch(unit, texts, marks)
    escaped = [escape(text, unit.place) for text in texts]
    if unit.place in (TextPlace.MARKDOWN, TextPlace.CELL):
        _keep_emphasis(escaped, marks)
    if escaped[0]:
        escaped[0] = escape_line_start(escaped[0], unit.place)
    parts = [escaped[0]]
    for mark, text in zip(marks, escaped[1:], strict=True):
        parts += [mark.replacement, text]
    return "".join(parts)


def _keep_emphasis(texts: list[str], marks: Sequence[Mark]) -> None:
    """Move and add spaces so that Markdown reads ``*`` and ``_`` as emphasis. They must touch what they enclose.

    A space is needed outside if there is punctuation inside and, for ``_``, next to any word.
    """
    for index, mark in enumerate(marks):
        if not mark.tags or mark.replacement.strip("*_~"):
            continue
        before, after = texts[index], texts[index + 1]
        if all(tag > 0 for tag in mark.tags):
            inner = after.lstrip()
            outer = before + after[: len(after) - len(inner)]
            needs = outer[-1:].isalnum() and (mark.replacement[0] == "_" or (bool(inner) and not inner[0].isalnum()))
            texts[index], texts[index + 1] = outer + " " * needs, inner
        elif all(tag < 0 for tag in mark.tags):
            inner = before.rstrip()
            outer = before[len(inner) :] + after
            needs = outer[:1].isalnum() and (mark.replacement[0] == "_" or (bool(inner) and not inner[-1].isalnum()))
            texts[index], texts[index + 1] = inner, " " * needs + outer
