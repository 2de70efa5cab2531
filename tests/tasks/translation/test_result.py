"""The result of a translation."""

from service.tasks.text.languages import find_language
from service.tasks.translation import Flag, Segment, Translation


def test_a_translation_has_each_flag_of_its_segments_once() -> None:
    flags = [(Flag.LENGTH, Flag.RETRIED), (), (Flag.RETRIED, Flag.TERM)]
    segments = tuple(Segment(source="a", text="b", start=0, end=1, flags=each) for each in flags)
    translation = Translation(text="b b b", source=None, target=find_language("fr"), segments=segments)
    assert translation.flags == (Flag.LENGTH, Flag.RETRIED, Flag.TERM)
