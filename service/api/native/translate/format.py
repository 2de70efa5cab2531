"""What ``/v1/translate`` says.

A stream has events ``{"id", "index", "segment", "text", "finish_reason"}``. ``index`` counts the texts; ``segment``
counts the pieces of a text that are translated by themselves, and is null for what stands between them. The last event
of a segment has ``flags`` and ``score`` too. The last event of a text has a ``finish_reason`` and everything that the
whole answer says of the text, but for the text itself. The joined ``text``s of an index are the translation.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from service.api.replies import usage as common
from service.api.replies.event_stream import event
from service.tasks.translation import Segment, SegmentDelta, Translation, TranslationRun


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationFormat:
    """The constants of one answer."""

    id: str
    model: str

    async def body(self, run: TranslationRun) -> dict[str, Any]:
        translations = [
            {"index": index, "text": translation.text}
            | _about(translation)
            | {"segments": [_segment(segment) for segment in translation.segments]}
            for index, translation in enumerate(await run.collect())
        ]
        return {"id": self.id, "model": self.model, "translations": translations} | self._tail(run)

    async def events(self, run: TranslationRun) -> AsyncGenerator[bytes, None]:
        async for delta in run:
            yield event({"id": self.id} | _delta(delta))
        yield event({"id": self.id, "model": self.model, "done": True} | self._tail(run))

    def _tail(self, run: TranslationRun) -> dict[str, Any]:
        return {"usage": common.usage(run.usage), "timings": common.timings(run.timings)}


def _delta(delta: SegmentDelta) -> dict[str, Any]:
    said: dict[str, Any] = {
        "index": delta.index,
        "segment": delta.segment,
        "text": delta.delta,
        "finish_reason": None,
    }
    if delta.end is not None:
        said |= {"flags": delta.end.flags, "score": _score(delta.end)}
    if delta.done is not None:
        said |= _about(delta.done)
    return said


def _about(translation: Translation) -> dict[str, Any]:
    detected = translation.detected
    return {
        "finish_reason": translation.finish_reason,
        "source_lang": None if translation.source is None else translation.source.code,
        "target_lang": translation.target.code,
        "detected": None
        if detected is None
        else {"language": detected.language.code, "confidence": detected.confidence},
        "flags": translation.flags,
        "alternatives": translation.alternatives,
        "glossary": {"applied": translation.terms_applied, "missed": translation.terms_missed},
    }


def _segment(segment: Segment) -> dict[str, Any]:
    return {
        "source": segment.source,
        "text": segment.text,
        "start": segment.start,
        "end": segment.end,
        "flags": segment.flags,
        "score": _score(segment),
    }


def _score(segment: Segment) -> float | None:
    return None if segment.score is None else round(segment.score, 4)
