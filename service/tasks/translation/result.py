"""The result: the translation of a text, segment by segment, with its flags."""

from dataclasses import dataclass

from service.tasks.text.languages import Language
from service.tasks.translation.language.detection import Detection
from service.tasks.translation.quality.flags import Flag

_CHINESE = ("Chinese", "Simplified Chinese", "Traditional Chinese")  # whose scripts are detected


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of a text that was translated by itself. ``start`` and ``end`` are its place in the source text.

    A sentence with a message in it is a segment for each leaf of the message, and all have the place of the sentence.
    """

    source: str
    text: str
    start: int
    end: int
    flags: tuple[Flag, ...] = ()
    score: float | None = None  # mean log probability of its tokens
    confidence: float | None = None  # how likely it is usable, from 0 to 1; below 0.5 it is doubtful
    remembered: bool = False  # the text is from the memory of the order


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """The translation of one text. ``text`` has the segments' texts and, byte for byte, the strings between them.

    Around a message these strings are the syntax of the message alone.
    """

    text: str
    source: Language | None
    target: Language
    detected: Detection | None = None  # set if the order names no source language
    segments: tuple[Segment, ...] = ()
    alternatives: tuple[str, ...] = ()
    terms_applied: tuple[str, ...] = ()
    terms_missed: tuple[str, ...] = ()
    finish_reason: str = "stop"  # "length" if a segment was cut at the token limit

    @property
    def flags(self) -> tuple[Flag, ...]:
        """The flags of all segments, each once. A text that may be in another region's words is flagged as copied."""
        if self._may_be_of_another_region:
            return (Flag.COPIED,)
        return tuple(dict.fromkeys(flag for segment in self.segments for flag in segment.flags))

    @property
    def _may_be_of_another_region(self) -> bool:
        """Whether the text was returned as it is, although the target names a region and the source does not."""
        source, target = self.source, self.target
        is_kept = source is not None and source.base == target.base and not self.segments and source.code != target.code
        return is_kept and target.name not in _CHINESE and any(map(str.isalpha, self.text))


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentDelta:
    """An event of a stream. The ``delta``s of a text, joined in order, are its translation.

    ``segment`` is the number of the segment in its text, or None for a string between segments. The last delta of a
    segment has ``end``. The last delta of a text has ``done`` and no text.
    """

    index: int  # number of the text in the order
    segment: int | None
    delta: str
    end: Segment | None = None
    done: Translation | None = None
