"""Parts of a unit that markup keeps apart: none of them may lose all of its words."""

from collections.abc import Iterator, Sequence

from service.tasks.translation.documents.marks.markers import split_at_markers
from service.tasks.translation.documents.marks.unit import Mark, Unit


def loses_part(unit: Unit, translated: str) -> bool:
    """Whether all words inside a pair of tags, or all words outside of it, are lost.

    ``translated`` has each marker of the unit once.
    """
    source = dict(_parts(unit.marks, *split_at_markers(unit.text)))
    translation = dict(_parts(unit.marks, *split_at_markers(translated)))
    return any(_has_words(text) and not _has_words(translation.get(part, "x")) for part, text in source.items())


def _parts(marks: Sequence[Mark], texts: list[str], numbers: list[int]) -> Iterator[tuple[tuple[int, bool], str]]:
    """For each pair of tags, by its number, the text inside and the text outside."""
    pairs = {abs(tag) for mark in marks for tag in mark.tags}
    for pair in pairs:
        inside: list[str] = []
        outside: list[str] = []
        is_open = not any(tag == pair for mark in marks for tag in mark.tags)  # it was opened before the unit
        for index, text in enumerate(texts):
            (inside if is_open else outside).append(text)
            if index < len(numbers) and 1 <= numbers[index] <= len(marks):
                tags = marks[numbers[index] - 1].tags
                is_open = (is_open or pair in tags) and -pair not in tags
        yield (pair, True), " ".join(inside)
        yield (pair, False), " ".join(outside)


def _has_words(text: str) -> bool:
    return any(map(str.isalpha, text))
