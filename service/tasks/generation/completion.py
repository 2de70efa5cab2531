"""Some prompts, n choices each, being decoded: the one way from a prompt to its text.

Owns the requests it put into the engine. One choice that ends early, by a stop string or an error of its own, leaves
the others untouched.
"""

import time
from collections.abc import AsyncIterator, Sequence
from hashlib import blake2b
from types import TracebackType
from typing import Self
from uuid import uuid4

import msgspec

from service.engine.client import EngineClient
from service.engine.protocol.outputs import FinishReason, TokenOutput
from service.engine.protocol.request import Request
from service.errors import ProcessError
from service.tasks.generation.choice import Choice, ChoiceDecoder, Delta
from service.tasks.generation.observer import CompletionObserver
from service.tasks.generation.request import GenerationRequest
from service.tasks.generation.usage import Timings, Usage
from service.tasks.text.tokenizer import Tokenizer


class Completion:
    """An async iterable of deltas and a context manager: leaving it aborts what is unfinished.

    To a reader who is behind, what came meanwhile is one delta for each choice: the later, the cheaper to serve.

    The requests are in the engine once this object exists, so whoever makes one must enter it or call ``close``.
    Raises ProcessUnavailable or RequestTooLarge, from here and while iterating.
    """

    def __init__(
        self,
        client: EngineClient,
        tokenizer: Tokenizer,
        requests: Sequence[GenerationRequest],
        observer: CompletionObserver | None = None,
        request_id: str | None = None,
    ) -> None:
        self.id = request_id or uuid4().hex
        self._client = client
        self._tokenizer = tokenizer
        self._observer = observer
        self.prompts: list[tuple[int, ...]] = []  # token ids, by prompt index
        self._prompt_tokens = 0
        self._cached: dict[int, int] = {}  # prompt index -> cached tokens
        self._decoders: dict[str, ChoiceDecoder] = {}
        self._last_token: dict[str, float] = {}  # request id -> when its last token came
        self._queue_seconds = 0.0
        self._ttft: float | None = None
        self._largest_gap: float | None = None
        self._ended: float | None = None
        self._started = time.monotonic()
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
                if (delta := self._push(output)) is not None:
                    earlier = ready.get(output.request_id)
                    ready[output.request_id] = delta if earlier is None else earlier.joined(delta)
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
        """All of it, as ``[prompt][choice]``."""
        choices: list[list[Choice]] = []
        for decoder in self._decoders.values():
            if decoder.choice == 0:
                choices.append([])
            choices[-1].append(Choice())
        async for delta in self:
            choices[delta.prompt_index][delta.choice].add(delta)
        return choices

    def add(self, request: GenerationRequest) -> int:
        """Decode one more prompt beside the others, from now on. Gives its index. Only while iterating.

        Raises ProcessUnavailable.
        """
        self._client.submit(self._engine_requests([request]), self._stream)
        return len(self.prompts) - 1

    def abort(self, prompt_index: int) -> None:
        """Give up one prompt: nothing more of it is decoded. What came of it meanwhile may still be told."""
        for id, decoder in self._decoders.items():
            if decoder.prompt_index == prompt_index and decoder.finish is None:
                decoder.finish = FinishReason.ABORT
                self._stream.abort(id)
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
        """So far."""
        completion_tokens = sum(decoder.num_tokens for decoder in self._decoders.values())
        return Usage(self._prompt_tokens, completion_tokens, sum(self._cached.values()))

    @property
    def timings(self) -> Timings:
        """So far."""
        total = (self._ended or time.monotonic()) - self._started
        return Timings(self._queue_seconds, self._ttft, total, self._largest_gap)

    def _engine_requests(self, requests: Sequence[GenerationRequest]) -> list[Request]:
        made = []
        for index, request in enumerate(requests, len(self.prompts)):
            for choice in range(request.n):
                id = f"{self.id}-{index}-{choice}"
                self._decoders[id] = ChoiceDecoder(request, self._tokenizer, index, choice)
                seed = _choice_seed(request.params.seed, choice)
                made.append(
                    Request(
                        id=id,
                        prompt=request.prompt,
                        params=msgspec.structs.replace(request.params, seed=seed),
                        priority=request.priority,
                        arrival=self._started,
                        cache_salt=request.cache_salt,
                        tenant=request.tenant,
                    )
                )
        self.prompts += [request.prompt for request in requests]
        self._prompt_tokens += sum(len(request.prompt) for request in requests)
        self._unfinished += len(made)
        return made

    def _push(self, output: TokenOutput) -> Delta | None:
        decoder = self._decoders[output.request_id]
        if decoder.finish is not None:  # sent before the engine heard that it is over
            return None
        self._time(output, decoder)
        delta = decoder.push(output)
        if delta is not None and delta.finish is not None:
            if output.finish is None:
                self._stream.abort(output.request_id)
            self._unfinished -= 1
        return delta

    def _time(self, output: TokenOutput, decoder: ChoiceDecoder) -> None:
        now = time.monotonic()
        if not self._cached:
            self._queue_seconds = output.queue_time
        self._cached.setdefault(decoder.prompt_index, output.num_cached)
        if output.token is None:
            return
        last = self._last_token.get(output.request_id)
        self._last_token[output.request_id] = now
        if self._ttft is None:
            self._ttft = now - self._started
        if last is not None:
            self._largest_gap = max(now - last, self._largest_gap or 0.0)
        if self._observer is not None:
            if last is None:
                self._observer.first_token(now - self._started)
            else:
                self._observer.token_gap(now - last)

    def _end(self, otherwise: FinishReason) -> None:
        """Once: stop the clock and tell the observer; ``otherwise`` is why the unfinished sequences ended."""
        if self._ended is not None:
            return
        self._ended = time.monotonic()
        if self._observer is not None:
            finish = tuple(decoder.finish or otherwise for decoder in self._decoders.values())
            self._observer.finished(self.usage, self.timings, finish)


def _choice_seed(seed: int, choice: int) -> int:
    """The first choice samples as if it were alone; the others each from a seed of their own."""
    if choice == 0:
        return seed
    return int.from_bytes(blake2b(f"{seed}/{choice}".encode(), digest_size=8).digest()) >> 1
