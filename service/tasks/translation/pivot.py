"""The two legs of a translation through a pivot: the plan of the first one, and that of the second one made of it.

Both legs translate the units of one plan, with the same markers. So documents, marks, messages and the memory of an
order are as in a translation without a pivot, and no text is read twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from service.tasks.text.languages import Language, is_same_language
from service.tasks.translation.documents.marks.escaping import TextPlace
from service.tasks.translation.documents.marks.markers import marker
from service.tasks.translation.documents.marks.restoring import force_restore, restore
from service.tasks.translation.documents.marks.unit import Mark
from service.tasks.translation.plan import FirstLeg, SourceSegment, TranslationPlan
from service.tasks.translation.result import Translation
from service.tasks.translation.segment_prompts import with_terms_marked


@dataclass(frozen=True, slots=True)
class PivotPlan:
    """``first`` translates the segments ``numbers`` of the ``whole`` plan into the ``pivot``.

    Segments that are in the pivot already, or that the memory translates, are not among them.
    """

    whole: TranslationPlan
    pivot: Language
    first: TranslationPlan
    numbers: tuple[int, ...]

    @classmethod
    def of(cls, whole: TranslationPlan, pivot: Language) -> "PivotPlan":
        """The first leg of a plan. Terms are marks in it, and no pair of the memory is an example."""
        segments = [_first_leg(whole, segment) for segment in whole.segments]
        order = replace(whole.order, alternatives=0)
        numbers = tuple(
            number
            for number, segment in enumerate(whole.segments)
            if segment.remembered is None and (segment.source is None or not is_same_language(segment.source, pivot))
        )
        first = replace(whole, order=order, target=pivot, segments=tuple(segments))
        return cls(whole, pivot, first.window(numbers), numbers)

    def second(self, translations: Sequence[Translation]) -> TranslationPlan:
        """The plan of the second leg, for the ``translations`` of the first one."""
        segments = list(self.whole.segments)
        for number, translation in zip(self.numbers, translations, strict=True):
            segments[number] = _second_leg(self.whole, segments[number], self.pivot, translation)
        return replace(self.whole, segments=tuple(segments))


def _first_leg(plan: TranslationPlan, segment: SourceSegment) -> SourceSegment:
    """A segment whose marks are restored as their own markers: its translation is what the second leg reads."""
    unit = with_terms_marked(plan, segment)
    marks = tuple(Mark(marker(n), marker(n), tags=mark.tags) for n, mark in enumerate(unit.marks, 1))
    bare = replace(unit, source=unit.text, marks=marks, place=TextPlace.TEXT)
    return replace(segment, unit=bare, terms=(), example=None)


def _second_leg(
    plan: TranslationPlan, segment: SourceSegment, pivot: Language, translation: Translation
) -> SourceSegment:
    unit, text = with_terms_marked(plan, segment), translation.text
    restored = restore(unit, text)
    source = force_restore(unit, text) if restored is None else restored
    first_leg = FirstLeg(translation.flags, translation.segments[0].confidence)
    return replace(
        segment, unit=replace(unit, text=text, source=source), source=pivot, example=None, first_leg=first_leg
    )
