"""Assembly: the chosen candidates become segments, and segments become translations, in the order of the texts."""

from collections.abc import Iterator, Mapping, Sequence

from service.engine.protocol.outputs import FinishReason
from service.tasks.generation.choice import Choice
from service.tasks.translation.candidate import TranslationCandidate
from service.tasks.translation.documents.marks.restoring import force_restore, restore
from service.tasks.translation.documents.marks.unit import Unit
from service.tasks.translation.documents.writer import DocumentWriter
from service.tasks.translation.plan import TextPlan, TranslationPlan
from service.tasks.translation.quality.flags import Flag
from service.tasks.translation.result import Segment, SegmentDelta, Translation

LONG_SEGMENT = 48  # tokens of a source; the translation of a longer source is streamed while it is written


class TranslationAssembly:
    """Owns which candidate was chosen for each source segment.

    The run fills the ``first_candidates``, and the ``alternatives`` of each source segment, while the deltas are read.
    Segments that the memory of the order translates have neither. If ``streaming`` is false, no segment is sent before
    it is complete.
    """

    def __init__(
        self,
        plan: TranslationPlan,
        first_candidates: Sequence[TranslationCandidate],
        alternatives: Mapping[int, Sequence[Choice]],
    ) -> None:
        self.streaming = True
        self._plan = plan
        self._first_candidates = {candidate.prompt.number: candidate for candidate in first_candidates}
        self._alternatives = alternatives
        self._chosen: dict[int, TranslationCandidate] = {}  # number of a source segment -> its candidate

    def choose(self, candidate: TranslationCandidate) -> None:
        """Choose a judged candidate for its source segment."""
        self._chosen[candidate.prompt.number] = candidate

    def is_streamed(self, candidate: TranslationCandidate) -> bool:
        """Whether the candidate is sent while it is written.

        Text that needs escaping, has marks or stands in a message cannot be, nor can one of several candidates.
        """
        order, unit = self._plan.order, candidate.prompt.unit
        is_plain = order.format == "text" and not unit.marks and not unit.syntax and not order.num_branches
        return self.streaming and is_plain and candidate.prompt.source_tokens > LONG_SEGMENT

    def deltas(self) -> Iterator[SegmentDelta | None]:
        """All deltas, in order. None means that the next delta is not known yet: ask again after more output."""
        for index, text in enumerate(self._plan.texts):
            segments: list[Segment] = []
            writer = DocumentWriter(self._plan.target.base)
            for part in text.document.parts:
                if isinstance(part, Unit):
                    yield from self._segment_deltas(index, text, part, segments, writer)
                elif string := writer.write(part):
                    yield SegmentDelta(index=index, segment=None, delta=string)
            while not self._has_alternatives(text):
                yield None
            yield SegmentDelta(index=index, segment=None, delta="", done=self._translation(text, segments))

    def _segment_deltas(
        self, index: int, text: TextPlan, unit: Unit, segments: list[Segment], writer: DocumentWriter
    ) -> Iterator[SegmentDelta | None]:
        """The deltas of the next segment of a text. It is appended to ``segments``.

        The delta of a segment in an attribute is "": it is written with the tag, in the segment that the tag is in. So
        is that of a sentence around a message: the message is written when all its sentences are known.
        """
        position = len(segments)
        number = text.segments[position]
        if (remembered := self._plan.segments[number].remembered) is not None:
            written = writer.write(unit, remembered)
            text_of_unit = written or remembered
            segment = Segment(source=unit.source, text=text_of_unit, start=unit.start, end=unit.end, remembered=True)
            segments.append(segment)
            yield SegmentDelta(index=index, segment=position, delta=written, end=segment)
            return
        sent = ""
        while (chosen := self._chosen.get(number)) is None:
            first = self._first_candidates[number]
            if self.is_streamed(first) and len(written := first.written) > len(sent):
                yield SegmentDelta(index=index, segment=position, delta=written[len(sent) :])
                sent = written
            else:
                yield None
        whole = writer.write(unit, chosen.text)
        flags, confidence = chosen.flags, chosen.confidence
        if (leg := self._plan.segments[number].first_leg) is not None:
            flags = tuple(dict.fromkeys((*leg.flags, *flags)))
            confidence = None if confidence is None or leg.confidence is None else min(leg.confidence, confidence)
        segment = Segment(
            source=unit.source,
            text=whole or chosen.text,
            start=unit.start,
            end=unit.end,
            flags=flags,
            score=chosen.score,
            confidence=confidence,
        )
        segments.append(segment)
        yield SegmentDelta(index=index, segment=position, delta=whole[len(sent) :], end=segment)

    def _translation(self, text: TextPlan, segments: Sequence[Segment]) -> Translation:
        terms = dict.fromkeys(term.source for number in text.segments for term in self._plan.segments[number].terms)
        chosen = [self._chosen[number] for number in text.segments if number in self._chosen]
        missed = {term.source for candidate in chosen for term in candidate.missed}
        whole = text.document.join([segment.text for segment in segments], self._plan.target.base)
        return Translation(
            text=whole,
            source=text.source,
            target=self._plan.target,
            detected=text.detected,
            segments=tuple(segments),
            alternatives=self._alternative_texts(text, whole),
            terms_applied=tuple(term for term in terms if term not in missed),
            terms_missed=tuple(term for term in terms if term in missed),
            finish_reason="length" if any(Flag.TRUNCATED in segment.flags for segment in segments) else "stop",
        )

    def _has_alternatives(self, text: TextPlan) -> bool:
        """Whether all alternatives of a text are complete."""
        return all(
            choice.finish is not None for number in text.segments for choice in self._alternatives.get(number, ())
        )

    def _alternative_texts(self, text: TextPlan, whole: str) -> tuple[str, ...]:
        """The alternatives of a text, without those that equal the translation ``whole`` or each other."""
        different = {whole: None}
        for choice in range(self._plan.order.alternatives):
            units = zip(text.document.units, text.segments, strict=True)
            texts = [self._alternative(unit, number, choice) for unit, number in units]
            different[text.document.join(texts, self._plan.target.base)] = None
        return tuple(different)[1:]

    def _alternative(self, unit: Unit, number: int, choice: int) -> str:
        """The alternative to a segment, or its translation if there is no other one."""
        segment = self._plan.segments[number]
        if segment.remembered is not None:
            return segment.remembered
        alternative = self._alternatives[number][choice]
        if alternative.finish is FinishReason.ERROR:
            return self._chosen[number].text
        if not (written := segment.complete(alternative.text)):
            return unit.source
        unit = self._first_candidates[number].prompt.unit  # whose markers the model was shown
        restored = restore(unit, written)
        return force_restore(unit, written) if restored is None else restored
