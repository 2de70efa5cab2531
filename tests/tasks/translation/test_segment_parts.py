"""The texts between the marks of a segment."""

import pytest

from service.engine.protocol.outputs import FinishReason
from service.tasks.generation.choice import Delta
from service.tasks.translation.documents.marks.unit import Mark, Unit
from service.tasks.translation.segment_parts import SegmentParts

MARKS = (Mark("<b>", "<b>", tags=(1,)), Mark("</b>", "</b>", tags=(-1,)), Mark("{x}", "{x}"))


def parts(text: str) -> SegmentParts:
    return SegmentParts(Unit(text=text, source=text, marks=MARKS, start=0, end=len(text)))


def write(found: SegmentParts, *texts: str, finish: FinishReason = FinishReason.STOP) -> None:
    for choice, text in zip(found.choices, texts, strict=True):
        choice.add(Delta(0, 0, text, finish=finish))


@pytest.mark.parametrize(
    ("text", "texts", "written"),
    [
        ("The [1]red fox[2] is [3].", ["The", "red fox", "is"], "A [1]B[2] C [3]."),
        ("[1]12[2], [3] dogs", ["dogs"], "[1]12[2], [3] A"),
        ("  [1]The [2]fox[3] ", ["The", "fox"], "  [1]A [2]B[3] "),
    ],
)
def test_texts_with_letters_are_translated_and_all_else_stays(text: str, texts: list[str], written: str) -> None:
    found = parts(text)
    assert found.texts == texts
    assert not found.is_complete
    write(found, *"ABC"[: len(texts)])
    assert found.is_complete
    assert (found.written, found.finish) == (written, FinishReason.STOP)


def test_words_stay_if_nothing_is_written_for_them() -> None:
    found = parts("The [1]fox[2] is [3].")
    write(found, " ", "renard", "", finish=FinishReason.LENGTH)
    assert (found.written, found.finish) == ("The [1]renard[2] is [3].", FinishReason.LENGTH)


def test_nothing_is_translated_between_marks_without_words() -> None:
    assert parts("[1]12[2] - [3]").texts == []
