"""A completion: prompts with n choices each, while they are decoded. It generates every text of the service."""

from collections.abc import AsyncIterator, Iterable, Sequence
from hashlib import blake2b
from types import TracebackType
from typing import Self
from uuid import uuid4

import msgspec

from service.engine.client import EngineClient
from service.engine.protocol.outputs import FinishReason, TokenOutput
from service.engine.protocol.request import Request
from service.errors import ProcessError
from service.tasks.generation.choice import Choice, Delta
from service.tasks.generation.choice_decoder import ChoiceDecoder
from service.tasks.generation.observer import CompletionObserver
from service.tasks.generation.phases import record_phases
from service.tasks.generation.request import GenerationRequest
from service.tasks.generation.search_outputs import outputs_of_choices
from service.tasks.generation.token_clock import TokenClock
from service.tasks.generation.usage import Timings, Usage
from service.tasks.text.tokenizer import Tokenizer
from service.traces.span import current_span


class Completion:
    """An async iterable of deltas, and a context manager: leaving it aborts what is unfinished.

    If the consumer is slower than the engine, the outputs that have arrived become one delta for each choice, so a slow
    consumer costs less. A choice that ends early, by a stop string or an error, leaves the others untouched.

    The constructor submits the requests to the engine, so the caller must enter the completion or call ``close``.
    Raises ProcessUnavailable or RequestTooLarge, from the constructor and while iterating.
    """

    def __init__(
        self,
        client: EngineClient,
        tokenizer: Tokenizer,
        requests: Sequence[GenerationRequest],
        observer: CompletionObserver | None = None,
        request_id: str | None = None,
        *,
        adapter: str = "",
    ) -> None:
        self.id = request_id or uuid4().hex
        self.tokenizer = tokenizer
        self._client = client
        self._adapter = adapter
        self._observer = observer
        self._clock = TokenClock(observer)
        self._span = current_span()
        self.prompts: list[tuple[int, ...]] = []  # token ids, by prompt index
        self._prompt_tokens = 0
        self._cached_tokens: dict[int, int] = {}  # by prompt index
        self._decoders: dict[str, ChoiceDecoder] = {}  # by the engine's request id
        self._searches: dict[str, list[str]] = {}  # the ids of all choices of a beam search, by each of them
        self._unfinished = 0
        self._stream = client.submit(self._engine_requests(requests))
        if observer is not None:
            observer.request_started(self.id)

    async def __aiter__(self) -> AsyncIterator[Delta]:
        if not self._unfinished:
            return
        try:
            ready: dict[str, Delta] = {}
            async for output in self._stream:
                for each in self._outputs(output):
                    if (delta := self._push(each)) is not None:
                        earlier = ready.get(each.request_id)
                        ready[each.request_id] = delta if earlier is None else earlier.joined(delta)
                if self._stream.has_more and self._unfinished:
                    continue
                deltas, ready = ready, {}
                for delta in deltas.values():
                    yield delta
                if not self._unfinished:
                    break
        except ProcessError:
            self._end(FinishReason.ERROR)
            raise
        self._end(FinishReason.STOP)

    async def collect(self) -> list[list[Choice]]:
        """Iterate to the end. Returns the whole choices as ``[prompt][choice]``."""
        choices: list[list[Choice]] = []
        for decoder in self._decoders.values():
            if decoder.choice == 0:
                choices.append([])
            choices[-1].append(Choice())
        async for delta in self:
            choices[delta.prompt_index][delta.choice].add(delta)
        return choices

    def add(self, request: GenerationRequest) -> int:
        """Decode one more prompt in addition to the others. Returns its prompt index. Call it only while iterating.

        Raises ProcessUnavailable.
        """
        self._client.submit(self._engine_requests([request]), self._stream)
        return len(self.prompts) - 1

    def abort(self, prompt_index: int, choice: int) -> None:
        """Stop decoding one choice. Deltas that are already complete may still follow."""
        self._stop(prompt_index, choice, FinishReason.ABORT)

    def end(self, prompt_index: int, choice: int) -> None:
        """Stop decoding one choice, because its text has all that it needs. Call it when its last delta has come."""
        self._stop(prompt_index, choice, FinishReason.STOP)

    def _stop(self, prompt_index: int, choice: int, reason: FinishReason) -> None:
        id = _engine_id(self.id, prompt_index, choice)
        decoder = self._decoders[id]
        if decoder.finish is None:
            decoder.finish = reason
            self._abandon(id)
            self._unfinished -= 1

    def close(self) -> None:
        """Abort what is unfinished. Idempotent."""
        self._stream.close()
        self._end(FinishReason.ABORT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def usage(self) -> Usage:
        """The tokens used so far."""
        completion_tokens = sum(decoder.num_tokens for decoder in self._decoders.values())
        return Usage(
            self._prompt_tokens,
            completion_tokens,
            sum(self._cached_tokens.values()),
            accepted_prediction_tokens=sum(decoder.num_predicted for decoder in self._decoders.values()),
            rejected_prediction_tokens=sum(decoder.num_rejected for decoder in self._decoders.values()),
        )

    @property
    def timings(self) -> Timings:
        """The seconds so far."""
        return self._clock.timings

    def _engine_requests(self, requests: Sequence[GenerationRequest]) -> list[Request]:
        """One request to the engine for each choice, or one for all those of a beam search. Each has a decoder."""
        engine_requests = []
        for index, request in enumerate(requests, len(self.prompts)):
            options = request.options
            ids = [_engine_id(self.id, index, choice) for choice in range(options.n)]
            if options.params.beams is not None:
                self._searches |= dict.fromkeys(ids, ids)
            for choice, id in enumerate(ids):
                self._decoders[id] = ChoiceDecoder(request, self.tokenizer, index, choice)
                self._unfinished += 1
                if options.params.beams is not None and choice:
                    continue
                seed = _choice_seed(options.params.seed, choice)
                engine_requests.append(
                    Request(
                        id=id,
                        prompt=request.prompt,
                        source=request.source,
                        generated=tuple(output.token for output in request.begun if output.token is not None),
                        params=msgspec.structs.replace(options.params, seed=seed),
                        priority=options.priority,
                        arrival=self._clock.started,
                        cache_salt=options.cache_salt,
                        adapter=self._adapter,
                        prediction=request.prediction,
                        tenant=options.tenant,
                    )
                )
        self.prompts += [request.prompt for request in requests]
        # A prompt whose output begins as another one's did is that one's prompt, which counts once.
        self._prompt_tokens += sum(request.num_prompt_tokens for request in requests if not request.begun)
        return engine_requests

    def _outputs(self, output: TokenOutput) -> Iterable[TokenOutput]:
        """The outputs of the choices that come with an output of the engine."""
        if output.request_id not in self._searches:
            return (output,)
        return outputs_of_choices(output, self._searches[output.request_id])

    def _abandon(self, id: str) -> None:
        """Give up the engine's request of a choice that has ended, unless others wait for the same search."""
        ids = self._searches.get(id, [id])
        if all(self._decoders[each].finish is not None for each in ids):
            self._stream.abort(ids[0])

    def _push(self, output: TokenOutput) -> Delta | None:
        decoder = self._decoders[output.request_id]
        if decoder.finish is not None:  # the engine sent the output before it received the abort
            return None
        if decoder.choice == 0 or output.request_id not in self._searches:  # the other tokens come all at once
            self._clock.record(output)
        self._cached_tokens.setdefault(decoder.prompt_index, output.num_cached)
        delta = decoder.push(output)
        if delta is not None and delta.finish is not None:
            if output.finish is None:
                self._abandon(output.request_id)
            self._unfinished -= 1
        return delta

    def _end(self, unfinished: FinishReason) -> None:
        """Stop the clock and tell the observer, once. ``unfinished`` is why the unfinished sequences ended."""
        if not self._clock.stop():
            return
        if self._span.is_recorded:
            record_phases(self._span, self._clock.started, self.timings, self.usage)
        if self._observer is not None:
            finish = tuple(decoder.finish or unfinished for decoder in self._decoders.values())
            self._observer.finished(self.usage, self.timings, finish)


def _engine_id(id: str, prompt_index: int, choice: int) -> str:
    """The engine's id for one choice of the completion ``id``."""
    return f"{id}-{prompt_index}-{choice}"


def _choice_seed(seed: int, choice: int) -> int:
    """The seed of a choice: the first choice samples as if it were alone, each of the others from a seed of its own."""
    if choice == 0:
        return seed
    return int.from_bytes(blake2b(f"{seed}/{choice}".encode(), digest_size=8).digest()) >> 1
