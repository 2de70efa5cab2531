"""What became of a text: its translation, piece by piece, and everything that is doubtful about it."""

from dataclasses import dataclass
from enum import StrEnum

from service.tasks.text.languages import Language


class Flag(StrEnum):
    """What is wrong with a segment, or was done to it. Nothing flagged is hidden from the client."""

    REPETITION = "repetition"  # the model went round in circles
    LENGTH = "length"  # far longer or shorter than translations of this pair are
    COPIED = "copied"  # the source as it was
    LANGUAGE = "language"  # not in the language asked for
    EMPTY = "empty"  # nothing came out; the source stands in its place
    TRUNCATED = "truncated"  # cut at the token limit
    PLACEHOLDER = "placeholder"  # placeholders or tags were lost, and put back where they seemed to belong
    TERM = "term"  # a term of the glossary, or one not to be translated, is missing
    RETRIED = "retried"  # this is the second attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One piece of a text that was translated by itself; ``start`` and ``end`` are its place in the source text."""

    source: str
    text: str
    start: int
    end: int
    flags: tuple[Flag, ...] = ()
    score: float | None = None  # mean log probability of its tokens


@dataclass(frozen=True, slots=True)
class Detection:
    """``confidence`` is between 0 and 1."""

    language: Language
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """One text. ``text`` holds the segments' texts with what stood between them, byte for byte."""

    text: str
    source: Language | None
    target: Language
    detected: Detection | None = None  # where no source language was given
    segments: tuple[Segment, ...] = ()
    alternatives: tuple[str, ...] = ()
    terms_applied: tuple[str, ...] = ()
    terms_missed: tuple[str, ...] = ()
    finish_reason: str = "stop"  # "length" where a segment was cut

    @property
    def flags(self) -> tuple[Flag, ...]:
        """Those of all segments, each once."""
        return tuple(dict.fromkeys(flag for segment in self.segments for flag in segment.flags))


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentDelta:
    """News of a stream. The joined ``delta``s of a text, in the order they come, are its translation.

    ``segment`` is None for what stands between segments. ``end`` is set in a segment's last delta, ``done`` in a
    text's, which has nothing else.
    """

    index: int  # of the text
    segment: int | None
    delta: str
    end: Segment | None = None
    done: Translation | None = None
