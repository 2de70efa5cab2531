"""The answers of the audio routes, in OpenAI's shapes."""

import math
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Literal

from service.api.openai.audio.subtitles import subrip, webvtt
from service.api.responses.event_stream import event
from service.api.wire.response_model import UNSET, ResponseModel, UnsetType
from service.errors import UnknownLanguage
from service.tasks.generation.usage import Usage
from service.tasks.speech.transcript import TranscriptSegment
from service.tasks.speech.transcription import Transcription
from service.tasks.text.languages import find_language


class DurationUsage(ResponseModel):
    """The length of the recording, in whole seconds."""

    type: Literal["duration"]
    seconds: int


class TranscriptUsage(ResponseModel):
    """The tokens of all windows of the recording."""

    type: Literal["tokens"]
    input_tokens: int
    output_tokens: int
    total_tokens: int

    @classmethod
    def of(cls, usage: Usage) -> "TranscriptUsage":
        """The usage in this shape."""
        return cls("tokens", usage.prompt_tokens, usage.completion_tokens, usage.total_tokens)


class TranscriptResponse(ResponseModel):
    """The text of a recording."""

    text: str
    usage: DurationUsage | UnsetType = UNSET


class TranscriptSegmentObject(ResponseModel):
    """A piece of the text. ``seek`` is the frame of 10 ms with which the piece's window begins; times are seconds."""

    id: int
    seek: int
    start: float
    end: float
    text: str
    tokens: list[int]
    temperature: float
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float

    @classmethod
    def of(cls, id: int, segment: TranscriptSegment) -> "TranscriptSegmentObject":
        """The segment in this shape."""
        return cls(
            id,
            segment.seek,
            round(segment.start, 2),
            round(segment.end, 2),
            segment.text,
            list(segment.tokens),
            segment.temperature,
            segment.avg_logprob,
            segment.compression_ratio,
            segment.no_speech_prob or 0.0,
        )


class VerboseTranscript(ResponseModel):
    """The text with its segments. ``language`` is the name of the language that is spoken."""

    task: Literal["transcribe", "translate"]
    language: str
    duration: float
    text: str
    segments: list[TranscriptSegmentObject]
    usage: DurationUsage


class TranscriptDelta(ResponseModel):
    """Event: more of the text."""

    type: Literal["transcript.text.delta"]
    delta: str


class TranscriptDone(ResponseModel):
    """Event: the whole text."""

    type: Literal["transcript.text.done"]
    text: str
    usage: TranscriptUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptWriter:
    """Writes the answers. ``task`` is what OpenAI calls it."""

    task: Literal["transcribe", "translate"]

    async def body(self, transcription: Transcription) -> TranscriptResponse:
        """The text alone."""
        text = await self.text(transcription)
        return TranscriptResponse(text, UNSET if self.task == "translate" else _duration(transcription))

    async def verbose(self, transcription: Transcription) -> VerboseTranscript:
        """The text with its segments."""
        segments = [segment async for segment in transcription]
        return VerboseTranscript(
            self.task,
            _language_name(transcription.language),
            round(transcription.seconds, 2),
            joined(segments),
            [TranscriptSegmentObject.of(id, segment) for id, segment in enumerate(segments)],
            _duration(transcription),
        )

    async def text(self, transcription: Transcription) -> str:
        """The text as it is."""
        return joined([segment async for segment in transcription])

    async def subrip(self, transcription: Transcription) -> str:
        """Subtitles of SubRip."""
        return subrip([segment async for segment in transcription])

    async def webvtt(self, transcription: Transcription) -> str:
        """Subtitles of WebVTT."""
        return webvtt([segment async for segment in transcription])

    async def events(self, transcription: Transcription) -> AsyncGenerator[bytes, None]:
        """Each segment as it is done, and the whole text."""
        segments: list[TranscriptSegment] = []
        async for segment in transcription:
            delta = segment.text if segments else segment.text.lstrip()
            segments.append(segment)
            yield event(TranscriptDelta("transcript.text.delta", delta))
        yield event(TranscriptDone("transcript.text.done", joined(segments), TranscriptUsage.of(transcription.usage)))


def joined(segments: Sequence[TranscriptSegment]) -> str:
    """The text of all segments."""
    return "".join(segment.text for segment in segments).strip()


def _duration(transcription: Transcription) -> DurationUsage:
    return DurationUsage("duration", math.ceil(transcription.seconds))


def _language_name(code: str) -> str:
    """OpenAI's name: that in English, in small letters."""
    try:
        return find_language(code).name.lower()
    except UnknownLanguage:
        return code


EXAMPLE = TranscriptResponse("Ask not what your country can do for you.", DurationUsage("duration", 4))
EXAMPLE_VERBOSE = VerboseTranscript(
    "transcribe",
    "english",
    3.68,
    "Ask not what your country can do for you.",
    [
        TranscriptSegmentObject(
            0,
            0,
            0.0,
            3.68,
            " Ask not what your country can do for you.",
            [50364, 12320, 406, 437, 428, 1941, 393, 360, 337, 291, 13, 50548],
            0.0,
            -0.21,
            0.87,
            0.01,
        )
    ],
    DurationUsage("duration", 4),
)
EXAMPLE_TRANSLATION = TranscriptResponse("The weather is fine today.")
EXAMPLE_EVENTS = (
    TranscriptDelta("transcript.text.delta", "Ask not what your country can do for you."),
    TranscriptDone(
        "transcript.text.done", "Ask not what your country can do for you.", TranscriptUsage("tokens", 3, 12, 15)
    ),
)
