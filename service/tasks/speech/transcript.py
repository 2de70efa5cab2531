"""The parts of a transcript."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptSegment:
    """A piece of the text. ``text`` has the space before its first word. Times are seconds of the recording."""

    seek: int  # the frame with which its window begins; there are 100 frames a second
    start: float
    end: float
    text: str
    tokens: tuple[int, ...]  # with timestamps
    temperature: float
    avg_logprob: float  # of the tokens of its window
    compression_ratio: float  # of the text of its window
    no_speech_prob: float | None  # of its window; None: it was not computed
