"""The run of a translation: one completion decodes its prompts, the branches of candidates, and the retries."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Protocol, Self

from service.engine.protocol.outputs import ErrorKind, FinishReason
from service.errors import TaskError
from service.tasks.generation.choice import Choice, Delta, raise_if_failed
from service.tasks.generation.completion import Completion
from service.tasks.generation.generator import Generator
from service.tasks.generation.usage import Timings, Usage
from service.tasks.translation.assembly import TranslationAssembly
from service.tasks.translation.candidate import TranslationCandidate
from service.tasks.translation.language.detection import Detect
from service.tasks.translation.plan import TranslationPlan
from service.tasks.translation.quality.flags import Flag, severity
from service.tasks.translation.result import SegmentDelta, Translation
from service.tasks.translation.rounds import Rounds
from service.tasks.translation.segment_candidates import SegmentCandidates
from service.tasks.translation.segment_parts import SegmentParts
from service.tasks.translation.segment_prompts import SegmentPrompt, SegmentWriter


class TranslationObserver(Protocol):
    """Receives the events of translations."""

    def segment_translated(self, flags: tuple[Flag, ...], *, retried: bool) -> None:
        """A segment is done. ``retried`` is true if it was retried, whichever candidate was chosen."""


class TranslationRun:
    """An async iterable of deltas and a context manager. Leaving it aborts what is unfinished.

    ``collect`` retries every flagged segment with several samples. While the run is iterated, long segments are sent as
    they are written, so they are decoded only once. The requests are in the engine as soon as this object exists.

    Owns the completion and the candidates. Raises what Completion raises, and ProcessError if a sequence failed.
    """

    def __init__(
        self,
        generator: Generator,
        plan: TranslationPlan,
        prompts: Sequence[SegmentPrompt],
        writer: SegmentWriter,
        *,
        detect: Detect,
        observer: TranslationObserver | None = None,
        request_id: str | None = None,
    ) -> None:
        """Each prompt names its source segment."""
        self._plan = plan
        self._writer = writer
        self._detect = detect
        self._observer = observer
        self._rounds = Rounds()
        order = plan.order
        first = [self._candidate(prompt) for prompt in prompts]
        alternatives = [[Choice() for _ in range(order.alternatives)] for _ in prompts]
        requests = [prompt.request for prompt in prompts]
        # What decodes a prompt of the completion, by prompt index and by choice.
        self._decodings: list[Sequence[TranslationCandidate | Choice]] = [[candidate] for candidate in first]
        for i, prompt in enumerate(prompts if order.alternatives else ()):
            if (request := writer.write_alternatives(prompt)) is None:
                self._decodings[i] = [first[i], *alternatives[i]]
            else:
                requests.append(request)
                self._decodings.append(alternatives[i])
        numbers = [prompt.number for prompt in prompts]
        candidates = map(SegmentCandidates, first)
        self._segments = dict(zip(numbers, candidates, strict=True))  # by source segment
        self._assembly = TranslationAssembly(plan, first, dict(zip(numbers, alternatives, strict=True)))
        self._parts: dict[int, tuple[int, SegmentParts]] = {}  # by prompt index: the source segment, and its parts
        self._completion: Completion | None = generator.start(requests, request_id) if requests else None
        if prompts:
            self._rounds.begin("first candidates", len(prompts))

    async def __aiter__(self) -> AsyncIterator[SegmentDelta]:
        deltas = self._assembly.deltas()
        async for _ in self._decode():
            for delta in deltas:
                if delta is None:
                    break
                yield delta

    async def collect(self) -> list[Translation]:
        """The translations of all texts."""
        self._assembly.streaming = False
        return [delta.done async for delta in self if delta.done is not None]

    def close(self) -> None:
        """Abort what is unfinished. Idempotent."""
        if self._completion is not None:
            self._completion.close()
        self._rounds.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def usage(self) -> Usage:
        """The tokens so far, including branches, retries and alternatives."""
        return Usage(0, 0, 0) if self._completion is None else self._completion.usage

    @property
    def timings(self) -> Timings:
        """The timings so far."""
        return Timings(0.0, None, 0.0) if self._completion is None else self._completion.timings

    async def _decode(self) -> AsyncIterator[None]:
        """Pass the completion's deltas to what they decode. Yields once before the first delta, and after each."""
        yield
        if self._completion is None:
            return
        async for delta in self._completion:
            decoding = self._decodings[delta.prompt_index][delta.choice]
            if delta.error_kind is not ErrorKind.TOO_FEW:  # a search may find fewer alternatives
                raise_if_failed(delta)
            if isinstance(decoding, Choice):
                decoding.add(delta)
                if (parted := self._parts.get(delta.prompt_index)) is not None and parted[1].is_complete:
                    self._join(*parted)
            elif decoding.finish is None:
                decoding.add(delta)
                if decoding.finish is None and decoding.is_in_loop():
                    self._completion.abort(delta.prompt_index, delta.choice)
                    decoding.finish = FinishReason.ABORT
                if decoding.finish is not None:
                    await self._settle(decoding.prompt.number)
            yield

    async def _settle(self, number: int) -> None:
        """When all candidates of a source segment are complete, choose between them or ask for more."""
        candidates = self._segments[number]
        if not candidates.is_complete:
            return
        self._rounds.end(candidates)
        chosen = candidates.choose(self._plan.target, self._detect)
        if not candidates.is_branched and self._branch(candidates):
            return
        if chosen.flags and not candidates.is_retried and await self._retry(chosen):
            return
        if Flag.PLACEHOLDER in chosen.flags and candidates.is_retried and await self._part(chosen):
            return
        self._choose(chosen)

    def _choose(self, chosen: TranslationCandidate) -> None:
        number = chosen.prompt.number
        self._assembly.choose(chosen)
        if self._observer is not None:
            self._observer.segment_translated(chosen.flags, retried=self._segments[number].is_retried)

    def _branch(self, candidates: SegmentCandidates) -> bool:
        """Decode the branches of the first candidate, if the order wants any. Returns False if there are none."""
        prompt = candidates.first.prompt
        requests = self._writer.write_branches(prompt, candidates.first.outputs)
        if not requests:
            return False
        assert self._completion is not None
        branches = [self._candidate(prompt) for _ in requests]
        for request, branch in zip(requests, branches, strict=True):
            self._completion.add(request)
            self._decodings.append([branch])
        candidates.branch_into(branches)
        self._rounds.begin("branches")
        return True

    async def _retry(self, rejected: TranslationCandidate) -> bool:
        """Sample a segment. Returns False if that cannot help, or if a part of it was sent."""
        number = rejected.prompt.number
        cut_by_client = rejected.finish is FinishReason.LENGTH and self._writer.has_limit
        if cut_by_client or self._assembly.is_streamed(rejected):
            return False
        try:
            prompt = await self._writer.write_retry(number, rejected.flags)
        except TaskError:  # the retry's prompt may be longer than the first one, and not fit
            return False
        assert self._completion is not None
        self._completion.add(prompt.request)
        candidates = [self._candidate(prompt) for _ in range(prompt.request.options.n)]
        self._decodings.append(candidates)
        self._segments[number].retry_with(candidates)
        self._rounds.begin("retries")
        return True

    async def _part(self, rejected: TranslationCandidate) -> bool:
        """Translate the texts between the marks of a segment apart. Returns False if the model is not asked to."""
        number, parts = rejected.prompt.number, SegmentParts(rejected.prompt.unit)
        try:
            requests = await self._writer.write_parts(number, parts.texts)
        except TaskError:
            return False
        assert self._completion is not None
        for request, choice in zip(requests, parts.choices, strict=False):
            self._parts[self._completion.add(request)] = number, parts
            self._decodings.append([choice])
        return bool(requests)

    def _join(self, number: int, parts: SegmentParts) -> None:
        """Choose the joined parts of a segment, unless they are more doubtful than what was rejected for lost marks."""
        candidates = self._segments[number]
        best = candidates.best
        joined = self._candidate(replace(best.prompt, unit=parts.unit))
        joined.add(Delta(prompt_index=0, choice=0, text=parts.written, finish=parts.finish))
        joined.judge(self._plan.target, self._detect)
        joined.flags += (Flag.PLACEHOLDER, Flag.RETRIED)
        self._choose(joined if severity(joined.flags) <= severity(best.flags) else best)

    def _candidate(self, prompt: SegmentPrompt) -> TranslationCandidate:
        return TranslationCandidate(self._plan.segments[prompt.number], prompt)
