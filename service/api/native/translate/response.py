"""The answer of ``POST /v1/translate``: one object, or events.

The joined ``text``s of all events with the same ``index`` are the translation of that text.
"""

from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from service.api.openapi.example_values import EXAMPLE_MODEL, example_timings, example_usage
from service.api.responses.event_stream import event
from service.api.responses.usage import FinishReasonName, ResponseTimings, ResponseUsage
from service.api.translating.pivoted import Pivoted
from service.api.wire.response_model import UNSET, ResponseModel, UnsetType
from service.tasks.translation import Flag, Segment, SegmentDelta, Translation, TranslationRun


class DetectedLanguage(ResponseModel):
    """``confidence`` is between 0 and 1."""

    language: str
    confidence: float


class GlossaryReport(ResponseModel):
    """The terms of the glossary that occur in the text: whether the translation has them."""

    applied: Sequence[str]
    missed: Sequence[str]


class TranslatedSegment(ResponseModel):
    """A sentence that was translated by itself; ``start`` and ``end`` are its place in the text, in characters.

    A sentence with a message in it is a segment for each branch; all of them have the place of the whole sentence.
    ``origin`` is memory if its translation is from the memory of the request, and is left out otherwise.
    """

    source: str
    text: str
    start: int
    end: int
    flags: Sequence[Flag]
    score: float | None
    confidence: float | None
    origin: str | UnsetType = UNSET


class TranslatedText(ResponseModel):
    """The translation of one text. ``detected`` is null where the request has a source language."""

    index: int
    text: str
    finish_reason: FinishReasonName
    source_lang: str | None
    target_lang: str
    detected: DetectedLanguage | None
    flags: Sequence[Flag]
    alternatives: Sequence[str]
    glossary: GlossaryReport
    segments: list[TranslatedSegment]


class PivotReport(ResponseModel):
    """The language that a translation went through, and the models that translated into it and from it."""

    language: str
    models: list[str]

    @classmethod
    def of(cls, language: str, models: Iterable[str]) -> "PivotReport":
        """The report on a language, by its code, and the names of models."""
        return cls(language, list(models))


class TranslateResponse(ResponseModel):
    """The translations of all texts. ``model`` wrote them; ``pivot`` is left out where there is none."""

    id: str
    model: str
    translations: list[TranslatedText]
    usage: ResponseUsage
    timings: ResponseTimings
    pivot: PivotReport | UnsetType = UNSET


class TranslateEvent(ResponseModel):
    """A part of the translation of the text ``index``. ``segment`` is null for the text between segments."""

    id: str
    index: int
    segment: int | None
    text: str
    finish_reason: FinishReasonName | None


class SegmentEndEvent(TranslateEvent):
    """The last part of a segment."""

    flags: Sequence[Flag]
    score: float | None
    confidence: float | None
    origin: str | UnsetType = UNSET


class TextEndEvent(TranslateEvent):
    """The end of a text: all that the whole answer has of it, except its text and its segments."""

    source_lang: str | None
    target_lang: str
    detected: DetectedLanguage | None
    flags: Sequence[Flag]
    alternatives: Sequence[str]
    glossary: GlossaryReport


class TranslateEndEvent(ResponseModel):
    """The last event."""

    id: str
    model: str
    done: bool  # true
    usage: ResponseUsage
    timings: ResponseTimings
    pivot: PivotReport | UnsetType = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslateWriter:
    """Writes the answer with this ``id``. Implements ``StreamWriter``."""

    id: str
    model: str
    pivoted: Pivoted | None = None

    async def body(self, run: TranslationRun) -> TranslateResponse:
        translations = [
            TranslatedText(
                index=index,
                text=translation.text,
                segments=[_segment(segment) for segment in translation.segments],
                **_shared_fields(translation),
            )
            for index, translation in enumerate(await run.collect())
        ]
        return TranslateResponse(self.id, self.model, translations, *self._end(run))

    async def events(self, run: TranslationRun) -> AsyncGenerator[bytes, None]:
        async for delta in run:
            yield event(self._event(delta))
        yield event(TranslateEndEvent(self.id, self.model, True, *self._end(run)))

    def _end(self, run: TranslationRun) -> tuple[ResponseUsage, ResponseTimings, PivotReport | UnsetType]:
        """What the end says of the whole. The timings are those of the last model."""
        timings = ResponseTimings.from_timings(run.timings)
        if (first := self.pivoted) is None:
            return ResponseUsage.from_usage(run.usage), timings, UNSET
        report = PivotReport.of(first.language.code, first.models)
        return ResponseUsage.from_usage(first.usage + run.usage), timings, report

    def _event(self, delta: SegmentDelta) -> TranslateEvent:
        if delta.done is not None:
            return TextEndEvent(
                id=self.id, index=delta.index, segment=delta.segment, text=delta.delta, **_shared_fields(delta.done)
            )
        part = (self.id, delta.index, delta.segment, delta.delta, None)
        if delta.end is not None:
            return SegmentEndEvent(
                *part,
                flags=delta.end.flags,
                score=_score(delta.end),
                confidence=_confidence(delta.end),
                origin=_origin(delta.end),
            )
        return TranslateEvent(*part)


def _shared_fields(translation: Translation) -> dict[str, Any]:
    """The fields that TranslatedText and TextEndEvent have in common."""
    detected = translation.detected
    return {
        "finish_reason": cast(FinishReasonName, translation.finish_reason),
        "source_lang": None if translation.source is None else translation.source.code,
        "target_lang": translation.target.code,
        "detected": None if detected is None else DetectedLanguage(detected.language.code, detected.confidence),
        "flags": translation.flags,
        "alternatives": translation.alternatives,
        "glossary": GlossaryReport(translation.terms_applied, translation.terms_missed),
    }


def _segment(segment: Segment) -> TranslatedSegment:
    return TranslatedSegment(
        segment.source,
        segment.text,
        segment.start,
        segment.end,
        segment.flags,
        _score(segment),
        _confidence(segment),
        _origin(segment),
    )


def _origin(segment: Segment) -> str | UnsetType:
    return "memory" if segment.remembered else UNSET


def _score(segment: Segment) -> float | None:
    return None if segment.score is None else round(segment.score, 4)


def _confidence(segment: Segment) -> float | None:
    return None if segment.confidence is None else round(segment.confidence, 4)


_SHARED_EXAMPLE: dict[str, Any] = {
    "finish_reason": "stop",
    "source_lang": "en",
    "target_lang": "zh",
    "detected": DetectedLanguage("en", 0.98),
    "flags": [],
    "alternatives": [],
    "glossary": GlossaryReport([], []),
}
EXAMPLE = TranslateResponse(
    id="trans-81aa",
    model=EXAMPLE_MODEL,
    translations=[
        TranslatedText(
            index=0,
            text="你好，你好吗？",
            segments=[TranslatedSegment("Hello, how are you?", "你好，你好吗？", 0, 19, [], -0.31, 0.82)],
            **_SHARED_EXAMPLE,
        )
    ],
    usage=example_usage(71, 6),
    timings=example_timings(),
)
EXAMPLE_EVENTS = (
    TranslateEvent("trans-81aa", 0, 0, "你好，", None),
    SegmentEndEvent("trans-81aa", 0, 0, "你好吗？", None, flags=[], score=-0.31, confidence=0.82),
    TextEndEvent(id="trans-81aa", index=0, segment=None, text="", **_SHARED_EXAMPLE),
    TranslateEndEvent("trans-81aa", EXAMPLE_MODEL, True, example_usage(71, 6), example_timings()),
)
