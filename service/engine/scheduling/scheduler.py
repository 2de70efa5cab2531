"""What runs in the next step, who is admitted and who is preempted. It owns the queues and writes the sequences.

There is no prefill phase and no decode phase (vLLM's rule): in every step each sequence is moved towards having all its
tokens computed, under one token budget. Sequences that lack one token go first, so that a prompt never holds up a
stream; what is left of the budget, as far as the ``pace`` allows, goes to chunks of prompts, then to admission.

Who waits gets a place in the order of ``queue``. Among those who run, the least urgent is preempted first.

Progress is certain. What can never fit is refused by ``add``. A preempted sequence keeps its tokens and its urgency and
waits for nobody's prefix; until it is back, nobody starts who is less urgent. So the most urgent of those who have
started always runs, is never preempted, and finishes.
"""

import time
from collections.abc import Callable
from itertools import islice
from operator import attrgetter

from sortedcontainers import SortedKeyList

from service.engine.protocol.types import FinishReason, Request, TokenOutput
from service.engine.scheduling.block_pool import BlockPool, num_blocks_for
from service.engine.scheduling.block_tables import BlockTables
from service.engine.scheduling.prefill_budget import Pace
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk, ChunkOutput, Step
from service.engine.scheduling.waiting_queue import Queue
from service.errors import EngineError, RequestTooLarge


class Scheduler:
    """Queues of sequences over a block pool."""

    def __init__(
        self,
        pool: BlockPool,
        *,
        max_num_seqs: int,
        max_batch_tokens: int,
        prefill_chunk: int,
        max_model_len: int,
        ageing_seconds: float = 10.0,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.pool = pool
        self._tables = BlockTables(pool)
        self.max_num_seqs = min(max_num_seqs, max_batch_tokens)  # so that all can decode in one step
        self.max_batch_tokens = max_batch_tokens
        self.prefill_chunk = prefill_chunk
        self.max_model_len = max_model_len
        self._pace = pace or Pace(target=0)
        self._clock = clock
        self._sequences: dict[str, Sequence] = {}
        self._waiting = Queue(ageing_seconds)
        self._running: SortedKeyList[Sequence] = SortedKeyList(key=attrgetter("urgency"))

    @property
    def num_waiting(self) -> int:
        return len(self._waiting)

    @property
    def num_running(self) -> int:
        return len(self._running)

    def add(self, request: Request) -> Sequence:
        """Queue a request. Raises RequestTooLarge if it can never run, EngineError if it is empty or its id taken."""
        if request.id in self._sequences:
            raise EngineError(f"request id {request.id!r} is in use")
        if not request.prompt:
            raise EngineError("the prompt is empty: it needs at least one token")
        self._check_size(request)
        sequence = self._sequences[request.id] = self._waiting.enter(request)
        return sequence

    def abort(self, request_id: str) -> bool:
        """Forget a sequence and free its blocks at once; False if there is none. Never during a step."""
        sequence = self._sequences.get(request_id)
        if sequence is None:
            return False
        self._finish(sequence, FinishReason.ABORT)
        return True

    def schedule(self) -> Step:
        """The next step; empty only if nothing is left to do."""
        step = Step()
        budget, chunk = self._schedule_running(step)
        if not step.num_preempted:
            self._admit(step, budget, chunk)
        return step

    def commit(self, step: Step, outputs: list[ChunkOutput]) -> list[TokenOutput]:
        """Enter what the runner found: progress, new tokens, the end of sequences."""
        news = (self._commit(chunk, output) for chunk, output in zip(step.chunks, outputs, strict=True))
        return [item for item in news if item is not None]

    def learn(self, step: Step, seconds: float) -> None:
        """A step took so long: what is paced and billed by time goes by it."""
        self._pace.learn(step, seconds)
        if step.chunks:
            self._waiting.learn(step.num_tokens, seconds)

    def _check_size(self, request: Request) -> None:
        prompt, output = len(request.prompt), request.params.max_tokens
        asked = f"prompt ({prompt} tokens) + max_tokens ({output}) is {prompt + output} tokens"
        if prompt + output > self.max_model_len:
            raise RequestTooLarge(f"{asked}, but the context is {self.max_model_len} tokens")
        capacity = self.pool.num_blocks * self.pool.block_size
        if num_blocks_for(prompt + output, self.pool.block_size) > self.pool.num_blocks:
            raise RequestTooLarge(f"{asked}, but the KV cache holds {capacity} tokens")

    def _schedule_running(self, step: Step) -> tuple[int, int]:
        """Chunks for those who run, most urgent first; the token budget that is left, and how much one prompt may take.

        Who needs a block and finds none takes it from the least urgent, which comes later in this loop or is itself.
        """
        running = list(self._running)  # as preemption changes it
        lacking = [len(sequence.tokens) - sequence.num_computed for sequence in running]
        budget, chunk = self._prompt_budget(running, lacking)
        size = self.pool.block_size
        for sequence, tokens in zip(running, lacking, strict=True):
            if not sequence.block_table:
                break  # it was preempted by a more urgent one, and so was everybody after it
            if tokens > 1:
                tokens = min(tokens, chunk, budget)
                budget -= tokens
            start = sequence.num_computed
            fits = start + tokens <= len(sequence.block_table) * size
            if tokens and (fits or self._grow(sequence, start + tokens, step)):
                step.chunks.append(Chunk(sequence, start, tokens))
        return budget, chunk

    def _prompt_budget(self, running: list[Sequence], lacking: list[int]) -> tuple[int, int]:
        """Tokens for prompts beside those who lack one token, and how many of them one prompt may take.

        Where the pace leaves little, one takes no more than half of it if there are others, or a long one would hold
        up all short ones.
        """
        singles = lacking.count(1)
        budget = self.max_batch_tokens - singles
        prompts = len(running) - singles + len(self._waiting)
        if not prompts:
            return budget, self.prefill_chunk
        start = next((sequence.num_computed for sequence, n in zip(running, lacking, strict=True) if n > 1), 0)
        allowed = self._pace.allowance(singles, start)
        if allowed >= budget:
            return budget, self.prefill_chunk
        return int(allowed), min(self.prefill_chunk, int(allowed / 2) if prompts > 1 else int(allowed))

    def _grow(self, sequence: Sequence, num_tokens: int, step: Step) -> bool:
        """Make its block table hold so many tokens; False if it had to preempt itself."""
        needed = num_blocks_for(num_tokens, self.pool.block_size) - len(sequence.block_table)
        while (blocks := self.pool.allocate(needed)) is None:
            victim = self._running[-1]
            self._preempt(victim)
            step.num_preempted += 1
            if victim is sequence:
                return False
        sequence.block_table.extend(blocks)
        return True

    def _preempt(self, sequence: Sequence) -> None:
        """Back to its place in the queue. Its tokens stay; its blocks go, but the prefix cache may find them."""
        self._running.remove(sequence)
        self._tables.give_back(sequence)
        self._waiting.put_back(sequence)

    def _admit(self, step: Step, budget: int, chunk: int) -> None:
        """Start those who wait, most urgent first, as far as budget, places and blocks go.

        Only so many are looked at, so that a long queue costs nothing.
        """
        if budget <= 0 or not self._waiting or len(self._running) >= self.max_num_seqs:
            return
        started = []
        for sequence in islice(self._waiting.in_order(), 2 * self.max_num_seqs):
            if budget <= 0 or len(self._running) >= self.max_num_seqs:
                break
            if sequence.awaited is not None and self.pool.is_announced(sequence.awaited):
                continue
            wants_all = sequence.params.prompt_logprobs is not None  # cached tokens have no logits
            match = self.pool.match(() if wants_all else sequence.tokens, sequence.request.cache_salt)
            sequence.awaited = None if sequence.num_preemptions else match.pending
            if sequence.awaited is not None:
                continue
            if not self._tables.place(sequence, match.blocks, reserve=len(self._running)):
                break  # nobody overtakes the one who does not fit, or it would wait for ever
            sequence.num_published = len(match.blocks)
            sequence.content = match.content
            sequence.num_computed = len(match.blocks) * self.pool.block_size
            if sequence.started is None:
                sequence.started = self._clock()
                sequence.num_cached = min(sequence.num_computed, sequence.num_prompt)
                step.cache_queried_tokens += sequence.num_prompt
                step.cache_hit_tokens += sequence.num_cached
            started.append(sequence)
            self._running.add(sequence)
            self._tables.announce(sequence)
            tokens = min(sequence.num_tokens - sequence.num_computed, chunk, budget)
            budget -= tokens
            step.chunks.append(Chunk(sequence, sequence.num_computed, tokens))
        for sequence in started:
            self._waiting.start(sequence)

    def _commit(self, chunk: Chunk, output: ChunkOutput) -> TokenOutput | None:
        sequence = chunk.sequence
        if output.error:
            return self._finish(sequence, FinishReason.ERROR, error=output.error)
        request, params = sequence.request, sequence.request.params
        num_generated = len(sequence.tokens) - len(request.prompt)
        is_first = num_generated == len(request.generated)
        end = chunk.start + (chunk.num_tokens if output.num_tokens is None else output.num_tokens)
        samples = end == len(sequence.tokens)
        sequence.num_computed = end
        if end >= (sequence.num_published + 1) * self.pool.block_size:
            self._tables.publish(sequence)
        if params.prompt_logprobs is not None:
            known = sequence.prompt_logprobs or [None]
            sequence.prompt_logprobs = known + list(output.prompt_logprobs[len(known) - 1 - chunk.start :])
        if not samples:
            return None
        if output.token is not None:
            sequence.tokens.append(output.token)
            num_generated += 1
            if params.constraint is not None:
                sequence.nodes = params.constraint.after(sequence.nodes, [output.token])
        finish = None
        if num_generated >= max(params.min_tokens, 1) and sequence.tokens[-1] in params.stop_token_ids:
            finish = FinishReason.STOP
        elif num_generated >= params.max_tokens:
            finish = FinishReason.LENGTH
        if finish is not None:
            self._finish(sequence, finish)
        if not is_first:
            return TokenOutput(request.id, output.token, output.logprob, finish)
        return TokenOutput(
            request.id,
            output.token,
            output.logprob,
            finish,
            num_cached=sequence.num_cached,
            queue_time=max(0.0, (sequence.started or 0.0) - request.arrival),
            prompt_logprobs=tuple(sequence.prompt_logprobs),
        )

    def _finish(self, sequence: Sequence, reason: FinishReason, *, error: str = "") -> TokenOutput:
        waits = sequence not in self._running
        if not waits:
            self._running.remove(sequence)
        self._waiting.leave(sequence, waits=waits)
        self._tables.give_back(sequence)
        sequence.finish, sequence.error = reason, error
        del self._sequences[sequence.id]
        return TokenOutput(request_id=sequence.id, finish=reason, error=error)
