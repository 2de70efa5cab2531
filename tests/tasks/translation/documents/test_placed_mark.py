"""The tags at the edges of a sentence: those whose partner is outside are no part of it."""

import pytest

from service.tasks.translation.documents.marks.unit import Mark
from service.tasks.translation.documents.placed_mark import PlacedMark, trim_edges


def place(source: str, position: int, *tags: int, replacement: str | None = None, length: int = 0) -> PlacedMark:
    """A tag, which is not shown, or a placeholder of ``length`` shown characters."""
    mark = Mark(source, source if replacement is None else replacement, tags)
    return PlacedMark(mark, position, position + length, 0, 0, is_tag=length == 0)


OPEN, CLOSE, BREAK = place("<b>", 0, 1), place("</b>", 9, -1), place("<br>", 0)
INNER, INNER_END = place("<i>", 3, 2), place("</i>", 6, -2)


@pytest.mark.parametrize(
    ("marks", "kept"),
    [
        ([], []),
        ([OPEN], []),
        ([CLOSE], []),
        ([OPEN, CLOSE], []),
        ([BREAK, OPEN, INNER, INNER_END, CLOSE], [INNER, INNER_END]),
        ([INNER], [INNER]),
        ([OPEN, place("</b>", 5, -1)], [OPEN, place("</b>", 5, -1)]),
        ([BREAK, OPEN, place("</b>", 5, -1)], [OPEN, place("</b>", 5, -1)]),
        ([place("<b>", 4, 1), CLOSE], [place("<b>", 4, 1), CLOSE]),
        ([place("{x}", 0, length=3), CLOSE], [place("{x}", 0, length=3)]),
    ],
    ids=[
        "no marks",
        "opened before the sentence",
        "closed after the sentence",
        "around the whole sentence",
        "nested tags",
        "inside of the sentence",
        "opened at the start and closed inside",
        "a single tag before it",
        "opened inside and closed at the end",
        "a placeholder at the start",
    ],
)
def test_only_marks_that_belong_to_the_sentence_are_kept(marks: list[PlacedMark], kept: list[PlacedMark]) -> None:
    assert trim_edges(marks, 0, 9) == kept


def test_a_tag_with_a_replacement_is_kept() -> None:
    changed = place("<b>", 0, 1, replacement="<strong>")
    assert trim_edges([changed, INNER, INNER_END], 0, 9) == [changed, INNER, INNER_END]
