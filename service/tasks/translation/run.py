"""The translations of an order while they are made.

Owns the completion and what came of each piece. All pieces are decoded in one completion; a piece that fails the guard
is put into it once more, with other settings, while the others go on.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Protocol, Self

from service.engine.protocol.types import FinishReason
from service.errors import TaskError
from service.tasks.generation.choice import Choice, raise_if_failed
from service.tasks.generation.completion import Completion
from service.tasks.generation.generator import Generator
from service.tasks.generation.request import GenerationRequest
from service.tasks.generation.usage import Timings, Usage
from service.tasks.translation import documents
from service.tasks.translation.attempt import Attempt, Outcome
from service.tasks.translation.documents.document import Unit
from service.tasks.translation.draft import Draft, Drafter
from service.tasks.translation.guard import Detect
from service.tasks.translation.plan import Plan, TextPlan
from service.tasks.translation.result import Flag, Segment, SegmentDelta, Translation

LONG_SEGMENT = 48  # tokens of a source from which on its translation is streamed while it is written


class Observer(Protocol):
    """Is told how translations fare."""

    def segment_translated(self, flags: tuple[Flag, ...], *, retried: bool) -> None:
        """A segment is done; ``retried`` even if the first attempt was the better one."""


class TranslationRun:
    """An async iterable of deltas and a context manager: leaving it aborts what is unfinished.

    Whoever iterates gets long segments while they are written, so those have one attempt only; ``collect`` gives all of
    them two. The requests are in the engine once this object exists. Raises what Completion raises, and ProcessError
    where a sequence failed.
    """

    def __init__(
        self,
        generator: Generator,
        plan: Plan,
        drafts: Sequence[Draft],
        drafter: Drafter,
        *,
        others: Sequence[GenerationRequest] = (),
        detect: Detect,
        observer: Observer | None = None,
        request_id: str | None = None,
    ) -> None:
        self._plan = plan
        self._drafter = drafter
        self._detect = detect
        self._observer = observer
        self._streaming = True
        self._attempts = {i: Attempt(plan.pieces[i], draft) for i, draft in enumerate(drafts)}  # by prompt index
        self._others = [[Choice() for _ in range(request.n)] for request in others]  # by piece
        self._rejected: dict[int, Outcome] = {}  # piece -> what came of its first attempt, while the second runs
        self._outcomes: dict[int, Outcome] = {}  # piece -> what holds
        requests = [*(draft.request for draft in drafts), *others]
        self._completion: Completion | None = generator.start(requests, request_id) if requests else None

    async def __aiter__(self) -> AsyncIterator[SegmentDelta]:
        written = self._written()
        async for _ in self._news():
            for delta in written:
                if delta is None:
                    break
                yield delta

    async def collect(self) -> list[Translation]:
        """All of it, one for each text."""
        self._streaming = False
        return [delta.done async for delta in self if delta.done is not None]

    def close(self) -> None:
        """Abort what is unfinished. Idempotent."""
        if self._completion is not None:
            self._completion.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def usage(self) -> Usage:
        """So far, second attempts and alternatives included."""
        return Usage(0, 0, 0) if self._completion is None else self._completion.usage

    @property
    def timings(self) -> Timings:
        """So far."""
        return Timings(0.0, None, 0.0) if self._completion is None else self._completion.timings

    async def _news(self) -> AsyncIterator[None]:
        """Once at first, and then whenever something came of a piece."""
        yield
        if self._completion is None:
            return
        async for delta in self._completion:
            raise_if_failed(delta)
            attempt = self._attempts.get(delta.prompt_index)
            if attempt is None:
                self._others[delta.prompt_index - len(self._plan.pieces)][delta.choice].add(delta)
            elif attempt.finish is None:
                attempt.add(delta)
                if attempt.finish is None and attempt.loops():
                    self._completion.abort(delta.prompt_index)
                    attempt.finish = FinishReason.ABORT
                if attempt.finish is not None:
                    await self._settle(attempt)
            yield

    async def _settle(self, attempt: Attempt) -> None:
        """Take what came of an attempt, or try again."""
        number = attempt.draft.piece
        outcome = attempt.outcome(self._plan.target, self._detect)
        first = self._rejected.pop(number, None)
        if first is not None:
            second = replace(outcome, flags=(*outcome.flags, Flag.RETRIED))
            outcome = max(first, second, key=lambda outcome: outcome.worth)
        elif outcome.flags and await self._try_again(attempt, outcome):
            return
        self._outcomes[number] = outcome
        if self._observer is not None:
            self._observer.segment_translated(outcome.flags, retried=first is not None)

    async def _try_again(self, attempt: Attempt, outcome: Outcome) -> bool:
        """Put the piece into the completion once more, if that can help and nothing of it was sent."""
        number = attempt.draft.piece
        cut_as_ordered = attempt.finish is FinishReason.LENGTH and self._drafter.has_limit
        if cut_as_ordered or self._is_live(attempt):
            return False
        try:
            draft = await self._drafter.second(number, outcome.flags)
        except TaskError:  # other words do not fit where the first ones did
            return False
        assert self._completion is not None
        self._rejected[number] = outcome
        self._attempts[self._completion.add(draft.request)] = Attempt(attempt.piece, draft)
        return True

    def _is_live(self, attempt: Attempt) -> bool:
        """Whether it is sent while it is written; what needs restoring or escaping cannot be."""
        plain = self._plan.order.format == "text" and not attempt.draft.unit.marks
        return self._streaming and plain and attempt.draft.source_tokens > LONG_SEGMENT

    def _written(self) -> Iterator[SegmentDelta | None]:
        """The deltas in order; None where the next one cannot be told yet."""
        for index, text in enumerate(self._plan.texts):
            segments: list[Segment] = []
            for part in text.document.parts:
                if isinstance(part, Unit):
                    yield from self._segment(index, text, part, segments)
                else:
                    yield SegmentDelta(index=index, segment=None, delta=part)
            while self._others and any(other.finish is None for piece in text.pieces for other in self._others[piece]):
                yield None
            yield SegmentDelta(index=index, segment=None, delta="", done=self._translation(text, segments))

    def _segment(
        self, index: int, text: TextPlan, unit: Unit, segments: list[Segment]
    ) -> Iterator[SegmentDelta | None]:
        number = len(segments)
        piece = text.pieces[number]
        sent = ""
        while (outcome := self._outcomes.get(piece)) is None:
            if self._is_live(first := self._attempts[piece]) and len(written := first.written) > len(sent):
                yield SegmentDelta(index=index, segment=number, delta=written[len(sent) :])
                sent = written
            else:
                yield None
        segment = Segment(
            source=unit.source,
            text=outcome.text,
            start=unit.start,
            end=unit.end,
            flags=outcome.flags,
            score=outcome.score,
        )
        segments.append(segment)
        yield SegmentDelta(index=index, segment=number, delta=outcome.text[len(sent) :], end=segment)

    def _translation(self, text: TextPlan, segments: Sequence[Segment]) -> Translation:
        terms = dict.fromkeys(term.source for piece in text.pieces for term in self._plan.pieces[piece].terms)
        missed = {term.source for piece in text.pieces for term in self._outcomes[piece].missed}
        whole = text.document.join([segment.text for segment in segments])
        return Translation(
            text=whole,
            source=text.source,
            target=self._plan.target,
            detected=text.detected,
            segments=tuple(segments),
            alternatives=self._alternatives(text, whole),
            terms_applied=tuple(term for term in terms if term not in missed),
            terms_missed=tuple(term for term in terms if term in missed),
            finish_reason="length" if any(Flag.TRUNCATED in segment.flags for segment in segments) else "stop",
        )

    def _alternatives(self, text: TextPlan, whole: str) -> tuple[str, ...]:
        """Those that differ from the translation and from each other."""
        found = {whole: None}
        for choice in range(self._plan.order.alternatives):
            texts = []
            for unit, piece in zip(text.document.units, text.pieces, strict=True):
                said = self._plan.pieces[piece].dressed(self._others[piece][choice].text) or unit.source
                restored = documents.restore(unit, said)
                texts.append(documents.force(unit, said) if restored is None else restored)
            found[text.document.join(texts)] = None
        return tuple(found)[1:]
