"""The run of a translation: its prompts are decoded in one completion, and flagged segments are decoded once more."""

from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Protocol, Self

from service.engine.protocol.outputs import FinishReason
from service.errors import TaskError
from service.tasks.generation.choice import Choice, raise_if_failed
from service.tasks.generation.completion import Completion
from service.tasks.generation.generator import Generator
from service.tasks.generation.request import GenerationRequest
from service.tasks.generation.usage import Timings, Usage
from service.tasks.translation.assembly import TranslationAssembly
from service.tasks.translation.candidate import TranslationCandidate
from service.tasks.translation.language.detection import Detect
from service.tasks.translation.plan import TranslationPlan
from service.tasks.translation.quality.flags import Flag
from service.tasks.translation.result import SegmentDelta, Translation
from service.tasks.translation.segment_prompts import PromptWriter, SegmentPrompt


class TranslationObserver(Protocol):
    """Receives the events of translations."""

    def segment_translated(self, flags: tuple[Flag, ...], *, retried: bool) -> None:
        """A segment is done. ``retried`` is true if it was decoded twice, whichever candidate was chosen."""


class TranslationRun:
    """An async iterable of deltas and a context manager. Leaving it aborts what is unfinished.

    ``collect`` decodes every flagged segment a second time. While the run is iterated, long segments are sent as they
    are written, so they are decoded only once. The requests are in the engine as soon as this object exists.

    Owns the completion and the candidates. Raises what Completion raises, and ProcessError if a sequence failed.
    """

    def __init__(
        self,
        generator: Generator,
        plan: TranslationPlan,
        prompts: Sequence[SegmentPrompt],
        writer: PromptWriter,
        *,
        alternatives: Sequence[GenerationRequest] = (),
        detect: Detect,
        observer: TranslationObserver | None = None,
        request_id: str | None = None,
    ) -> None:
        """Each prompt names its source segment. ``alternatives``, if there are any, belong to the prompts in order."""
        self._plan = plan
        self._writer = writer
        self._detect = detect
        self._observer = observer
        first = [TranslationCandidate(plan.segments[prompt.number], prompt) for prompt in prompts]
        self._candidates = dict(enumerate(first))  # by prompt index in the completion
        self._rejected: dict[int, TranslationCandidate] = {}  # source segment -> first candidate, during the retry
        self._prompts = prompts
        # By source segment: its alternatives.
        self._alternatives = {
            prompt.number: [Choice() for _ in range(request.options.n)]
            for prompt, request in zip(prompts, alternatives, strict=bool(alternatives))
        }
        self._assembly = TranslationAssembly(plan, first, self._alternatives)
        requests = [*(prompt.request for prompt in prompts), *alternatives]
        self._completion: Completion | None = generator.start(requests, request_id) if requests else None

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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def usage(self) -> Usage:
        """The tokens so far, including retries and alternatives."""
        return Usage(0, 0, 0) if self._completion is None else self._completion.usage

    @property
    def timings(self) -> Timings:
        """The timings so far."""
        return Timings(0.0, None, 0.0) if self._completion is None else self._completion.timings

    async def _decode(self) -> AsyncIterator[None]:
        """Pass the completion's deltas to their candidates. Yields once before the first delta, and after each."""
        yield
        if self._completion is None:
            return
        async for delta in self._completion:
            raise_if_failed(delta)
            candidate = self._candidates.get(delta.prompt_index)
            if candidate is None:
                number = self._prompts[delta.prompt_index - len(self._prompts)].number
                self._alternatives[number][delta.choice].add(delta)
            elif candidate.finish is None:
                candidate.add(delta)
                if candidate.finish is None and candidate.is_in_loop():
                    self._completion.abort(delta.prompt_index)
                    candidate.finish = FinishReason.ABORT
                if candidate.finish is not None:
                    await self._settle(candidate)
            yield

    async def _settle(self, candidate: TranslationCandidate) -> None:
        """Choose between the candidates of a segment, or decode the segment once more."""
        candidate.judge(self._plan.target, self._detect)
        first = self._rejected.pop(candidate.prompt.number, None)
        if first is not None:
            candidate.flags += (Flag.RETRIED,)
            candidate = max(first, candidate, key=lambda either: either.rank)
        elif candidate.flags and await self._retry(candidate):
            return
        self._assembly.choose(candidate)
        if self._observer is not None:
            self._observer.segment_translated(candidate.flags, retried=first is not None)

    async def _retry(self, rejected: TranslationCandidate) -> bool:
        """Decode a segment once more. Returns False if that cannot help, or if a part of it was sent."""
        number = rejected.prompt.number
        cut_by_client = rejected.finish is FinishReason.LENGTH and self._writer.has_limit
        if cut_by_client or self._assembly.is_streamed(rejected):
            return False
        try:
            prompt = await self._writer.write_retry(number, rejected.flags)
        except TaskError:  # the retry's prompt may be longer than the first one, and not fit
            return False
        assert self._completion is not None
        self._rejected[number] = rejected
        retry = TranslationCandidate(self._plan.segments[number], prompt)
        self._candidates[self._completion.add(prompt.request)] = retry
        return True
