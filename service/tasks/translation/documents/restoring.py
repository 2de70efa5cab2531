"""Translations of units with the marks put back: as the model placed them if that is sound, else as well as can be."""

from collections.abc import Iterable, Sequence
from itertools import accumulate

from service.tasks.translation.documents.document import Mark, Unit
from service.tasks.translation.documents.escaping import escape, escape_begin
from service.tasks.translation.documents.markers import split_at_markers
from service.tasks.translation.documents.piece import Place


def restore(unit: Unit, translated: str) -> str | None:
    """``translated`` as it is to stand in the document; None unless each marker is there once and the tags nest."""
    if translated == unit.text and all(mark.put == mark.source for mark in unit.marks):
        return unit.source
    texts, found = split_at_markers(translated)
    if sorted(found) != list(range(1, len(unit.marks) + 1)):
        return None
    marks = [unit.marks[number - 1] for number in found]
    return _written(unit, texts, marks) if _nest(unit, marks) else None


def force(unit: Unit, translated: str) -> str:
    """As ``restore``, but a marker that is missing is put where it stood in proportion, and one that is double dropped.

    Where the tags do not nest, they change places among themselves until they stand in the order of the source.
    """
    texts, found = split_at_markers(translated)
    placed: dict[int, int] = {}  # number of the marker -> its place in the text without markers
    position = 0
    for text, number in zip(texts, found, strict=False):
        position += len(text)
        if 1 <= number <= len(unit.marks):
            placed.setdefault(number, position)
    plain = _without_markers(texts)
    if len(plain) != sum(map(len, texts)):  # what was left had formed a marker of its own
        placed = {}
    missing = set(range(1, len(unit.marks) + 1)) - placed.keys()
    if missing:
        placed = _completed(unit, placed, plain)
    order = sorted(placed, key=lambda number: (placed[number], number))
    places = [placed[number] for number in order]
    if not _nest(unit, [unit.marks[number - 1] for number in order]):
        tags = iter(sorted(number for number in order if unit.marks[number - 1].tags))
        order = [next(tags) if unit.marks[number - 1].tags else number for number in order]
    pieces = [plain[start:end] for start, end in zip([0, *places], [*places, len(plain)], strict=True)]
    for index, number in enumerate(order):
        if number in missing and not unit.marks[number - 1].tags:  # it stands for a word, and is to stand as one
            pieces[index] += " " * _is_letter(pieces[index][-1:])
            pieces[index + 1] = " " * _is_letter(pieces[index + 1][:1]) + pieces[index + 1]
    return _written(unit, pieces, [unit.marks[number - 1] for number in order])


def _nest(unit: Unit, marks: Iterable[Mark]) -> bool:
    """Whether the tags of ``marks``, in this order, open and close the same as the unit's, each in its pair.

    What is opened before the unit, or closed after it, stays open or is closed in the same order.
    """
    return _unpaired(marks) == _unpaired(unit.marks)


def _unpaired(marks: Iterable[Mark]) -> tuple[list[int], list[int], bool]:
    """The pairs that are closed but not opened, those opened but not closed, and whether the rest nests."""
    closed: list[int] = []
    opened: list[int] = []
    sound = True
    for mark in marks:
        for tag in mark.tags:
            if tag > 0:
                opened.append(tag)
            elif opened and opened[-1] == -tag:
                opened.pop()
            else:
                # A pair from outside that is closed while one from within is open would cross it.
                sound = sound and not opened
                closed.append(-tag)
    return closed, opened, sound


def _without_markers(texts: Sequence[str]) -> str:
    plain = "".join(texts)
    while True:
        texts, found = split_at_markers(plain)
        if not found:
            return plain
        plain = "".join(texts)


def _completed(unit: Unit, placed: dict[int, int], plain: str) -> dict[int, int]:
    """With places for the missing markers: between those of their neighbours, in proportion to the source."""
    texts, _ = split_at_markers(unit.text)
    sources = [0, *accumulate(map(len, texts))]  # sources[number] is the marker's place in the source
    following: dict[int, int] = {}  # number of a missing marker -> the next that is there
    there = len(unit.marks) + 1
    for number in range(len(unit.marks), 0, -1):
        if number in placed:
            there = number
        else:
            following[number] = there
    places = {0: 0, **placed, len(unit.marks) + 1: len(plain)}
    for number in range(1, len(unit.marks) + 1):
        if number in placed:
            continue
        begin, end = places[number - 1], places[following[number]]
        if end < begin:
            end = len(plain)
        whole = sources[following[number]] - sources[number - 1]
        part = sources[number] - sources[number - 1]
        place = _boundary(plain, begin + (end - begin) * part // max(1, whole))
        places[number] = min(max(place, begin), end)
    return {number: places[number] for number in range(1, len(unit.marks) + 1)}


def _boundary(text: str, position: int) -> int:
    """The place nearest to ``position`` that is not inside a word; words of scripts without spaces have no inside."""
    for distance in range(len(text) + 1):
        for place in (position - distance, position + distance):
            if 0 <= place <= len(text) and not _inside_word(text, place):
                return place
        if distance > 40:  # no word is that long
            break
    return position


def _inside_word(text: str, place: int) -> bool:
    return 0 < place < len(text) and _is_letter(text[place - 1]) and _is_letter(text[place])


def _is_letter(char: str) -> bool:
    """Of a script that sets spaces between words; those above do not."""
    return char.isalnum() and char < "\u2e80"


def _written(unit: Unit, texts: Sequence[str], marks: Sequence[Mark]) -> str:
    """One text more than there are marks."""
    written = [escape(text, unit.place) for text in texts]
    if unit.place in (Place.MARKDOWN, Place.CELL):
        _keep_emphasis(written, marks)
    if written[0]:
        written[0] = escape_begin(written[0], unit.place)
    pieces = [written[0]]
    for mark, text in zip(marks, written[1:], strict=True):
        pieces += [mark.put, text]
    return "".join(pieces)


def _keep_emphasis(texts: list[str], marks: Sequence[Mark]) -> None:
    """Set spaces so that ``*`` and ``_`` are emphasis: they must touch what they enclose.

    Outside, punctuation within asks for a space, and ``_`` for one beside any word.
    """
    for index, mark in enumerate(marks):
        if not mark.tags or mark.put.strip("*_~"):
            continue
        before, after = texts[index], texts[index + 1]
        if all(tag > 0 for tag in mark.tags):
            inner = after.lstrip()
            outer = before + after[: len(after) - len(inner)]
            needs = outer[-1:].isalnum() and (mark.put[0] == "_" or (bool(inner) and not inner[0].isalnum()))
            texts[index], texts[index + 1] = outer + " " * needs, inner
        elif all(tag < 0 for tag in mark.tags):
            inner = before.rstrip()
            outer = before[len(inner) :] + after
            needs = outer[:1].isalnum() and (mark.put[0] == "_" or (bool(inner) and not inner[-1].isalnum()))
            texts[index], texts[index + 1] = inner, " " * needs + outer
