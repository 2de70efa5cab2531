"""The scheduler: which tokens the next step computes, which sequences start, and which are preempted.

There is no prefill phase and no decode phase (vLLM's rule). Every step computes some of the tokens that each sequence
lacks, under one token budget. Streams come first, so that a prompt never delays them. A stream lacks one token, behind
which a step may compute some that are only guessed, or several that a constraint has forced. The rest of the token
budget, as far as the prefill budget allows, goes to prompts, those that run and those that start, one after another as
their turns come (``prompt_turns``). While there are such prompts, no stream computes more than one of its forced tokens
in a step: so streams with a constraint delay prompts no more than others do, and are never behind the same streams
without.

Waiting sequences start in the order of the waiting queue. If blocks run out, the least urgent running sequence is
preempted.

Progress is certain. ``add`` refuses a request that can never fit. A preempted sequence keeps its tokens and its urgency
and never waits for another sequence's prefix; until it runs again, no less urgent sequence starts. The most urgent of
the running prompts has tokens in every step. So the most urgent of the started sequences always runs, is never
preempted, and finishes.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, islice

from service.engine.constraints.constraint import Constraint
from service.engine.protocol.outputs import TokenOutput
from service.engine.protocol.request import Request
from service.engine.scheduling.beam_groups import BeamGroups
from service.engine.scheduling.block_pool import BlockPool
from service.engine.scheduling.prefill_budget import PrefillBudget
from service.engine.scheduling.progress import Progress
from service.engine.scheduling.prompt_turns import PromptTurns
from service.engine.scheduling.request_sizes import check_size
from service.engine.scheduling.running_sequences import RunningSequences
from service.engine.scheduling.sequence import Sequence, SequenceStatus
from service.engine.scheduling.sequence_blocks import CachedBlocks, SequenceBlocks
from service.engine.scheduling.speculator import Speculator
from service.engine.scheduling.step import Chunk, ChunkOutput, Step
from service.engine.scheduling.step_proposals import StepProposals
from service.engine.scheduling.waiting_queue import WaitingQueue
from service.engine.speculation.speculation import MOST_PROPOSED
from service.errors import EngineError

_MOST_FORCED = 64  # tokens of one stream in a step


class Scheduler:
    """Owns the waiting and the running sequences, and decides what each step computes."""

    def __init__(
        self,
        pool: BlockPool,
        *,
        max_num_seqs: int,
        max_batch_tokens: int,
        prefill_chunk: int,
        max_model_len: int,
        max_source_len: int = 0,
        ageing_seconds: float,
        prefill_budget: PrefillBudget | None = None,
        speculator: Speculator | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Schedule at most ``max_num_seqs`` sequences and ``max_batch_tokens`` tokens in a step.

        ``prefill_chunk`` is the most tokens of one prompt in a step. ``max_source_len`` is the most positions of a
        source; 0: the model has no encoder. ``ageing_seconds`` of waiting make up for one step of priority. Without a
        ``prefill_budget``, prompts are limited by the token budget alone. Without a ``speculator``, no tokens are
        guessed.
        """
        self.pool = pool
        self._blocks = SequenceBlocks(pool)
        self._tables = self._blocks.tables
        self.max_num_seqs = min(max_num_seqs, max_batch_tokens)  # so that all can decode in one step
        self.max_batch_tokens = max_batch_tokens
        self.prefill_chunk = prefill_chunk
        self.max_model_len = max_model_len
        self.max_source_len = max_source_len
        self._prefill_budget = prefill_budget or PrefillBudget(target_seconds=0)
        max_sampled = max(self.max_num_seqs, MOST_PROPOSED + 1)  # rows of logits in a step
        self._proposals = StepProposals(speculator, pool, self._tables, max_sampled)
        self._clock = clock
        self._sequences: dict[str, Sequence] = {}
        self._waiting = WaitingQueue(ageing_seconds, self._blocks.count_cached)
        self._running = RunningSequences()
        self._progress = Progress(self._blocks)
        self._groups = BeamGroups(self._blocks, self._progress)

    @property
    def num_waiting(self) -> int:
        return len(self._waiting)

    @property
    def num_running(self) -> int:
        return len(self._running)

    def add(self, request: Request, adapter: int = 0, constraint: Constraint | None = None) -> Sequence:
        """Queue a request. ``adapter`` is the number of its adapter; 0: it has none.

        Raises RequestTooLarge if it can never fit, and EngineError if its prompt is empty or its id is in use.
        """
        if request.id in self._sequences:
            raise EngineError(f"request id {request.id!r} is in use")
        if not request.prompt:
            raise EngineError("the prompt is empty: it needs at least one token")
        check_size(
            request,
            self.pool,
            max_model_len=self.max_model_len,
            max_source_len=self.max_source_len,
            max_num_seqs=self.max_num_seqs,
        )
        sequence = self._sequences[request.id] = self._waiting.add(request, adapter, constraint)
        sequence.speculation = self._proposals.follow(sequence)
        self._groups.add(sequence)
        return sequence

    def in_order(self) -> Iterator[Sequence]:
        """All unfinished sequences: the running ones by urgency, then the waiting ones as they should start."""
        return chain(self._running, self._waiting.in_order())

    def beams(self, sequence: Sequence) -> list[Sequence]:
        """The sequences that have blocks for the request of ``sequence``: itself, and the other beams of its search."""
        return self._groups.beams(sequence)

    def uses_adapter(self, adapter: int) -> bool:
        """Whether an unfinished sequence has the adapter with this number."""
        return any(sequence.adapter == adapter for sequence in self._sequences.values())

    def abort(self, request_id: str) -> bool:
        """Drop a sequence and free its blocks at once. Returns False if there is none. Never call it during a step."""
        sequence = self._sequences.get(request_id)
        if sequence is None:
            return False
        self._finish(sequence)
        return True

    def schedule(self) -> Step:
        """Choose the next step. It is empty only if no sequence is left."""
        step = Step()
        self._schedule_prompts(step, self._schedule_streams(step))
        return step

    def commit(self, step: Step, outputs: list[ChunkOutput]) -> list[TokenOutput]:
        """Record what the runner computed: progress, new tokens, and the end of sequences."""
        committed = []
        results = zip(step.chunks, outputs, strict=True)
        for chunk, output in results:
            sequence = chunk.sequence
            group = self._groups.get(sequence)
            if group is not None:  # the chunks of its other beams come behind that of its leader
                new = self._groups.commit(group, chunk, [output, *(next(results)[1] for _ in group.others)])
            else:
                new = self._progress.commit(chunk, output)
                if chunk.proposed:
                    step.num_accepted += max(0, sequence.num_computed - chunk.start - chunk.num_known)
            if new and new[-1].finish is not None:
                self._finish(sequence)
            committed += new
        return committed

    def record_step_time(self, step: Step, seconds: float) -> None:
        """Learn that ``step`` took ``seconds``, drafts included. The prefill budget and fair queueing depend on it."""
        self._prefill_budget.record_step_time(step, seconds - step.draft_cost.seconds)
        if step.chunks:
            num_tokens = step.num_tokens + step.num_source - step.num_proposed + step.num_accepted
            self._waiting.record_step_time(num_tokens, seconds)

    # Streams

    def _schedule_streams(self, step: Step) -> PromptTurns:
        """Add chunks of streams to ``step``, the most urgent first. Returns the turns of prompts.

        A sequence that needs a block when none is free takes it from the least urgent one: a stream that comes later
        in this loop, the sequence itself, or a prompt, which has all its blocks since its start and is not in the step
        yet.
        """
        running = list(self._running)  # a copy, as preemption changes the list
        lacking = [len(sequence.tokens) - sequence.num_computed for sequence in running]
        prompts = [each for each, tokens in zip(running, lacking, strict=True) if _is_prompt(each, tokens)]
        num_places = self._running.num_places
        most_forced = self._most_forced(num_places, bool(prompts))
        num_streams = num_places - sum([prompt.width for prompt in prompts])
        num_taken = num_streams
        if most_forced > 1:  # then there are no prompts among them
            num_taken += sum([min(tokens, most_forced) - 1 for tokens in lacking])
        decodes = [
            each
            for each, tokens in zip(running, lacking, strict=True)
            if tokens == 1 and each.width == 1 and not _is_prompt(each, tokens)
        ]
        num_beams = sum([each.width for each in running if each.width > 1])
        proposals, step.draft_cost = self._proposals.propose(
            decodes, num_beams, num_places, self.max_batch_tokens - num_taken, bool(prompts or self._waiting)
        )
        preempted = SequenceStatus.PREEMPTED
        for sequence, tokens in zip(running, lacking, strict=True):
            if sequence.status is preempted:
                break  # a more urgent sequence took its blocks, and those of all after it
            if (group := self._groups.get(sequence)) is not None and group.has_forked:
                if self._make_room(sequence, partial(self._groups.grow, group, step), step):
                    step.chunks += [Chunk(beam, beam.num_computed, 1) for beam in group.beams]
            elif not _is_prompt(sequence, tokens):
                self._add_stream(sequence, min(tokens, most_forced), proposals.get(sequence, ()), step)
        num_proposed = sum(map(len, proposals.values()))
        budget = self._prompt_budget(prompts, num_streams, num_taken + num_proposed, num_proposed, step)
        if step.num_preempted:
            prompts = [prompt for prompt in prompts if prompt.status is SequenceStatus.RUNNING]
        share = 0.5 if self._waiting.num_tenants > 1 else 0.0
        return PromptTurns(prompts, budget, self.prefill_chunk, share=share)

    def _add_stream(self, sequence: Sequence, num_tokens: int, proposed: tuple[int, ...], step: Step) -> None:
        """Add the next ``num_tokens`` tokens of a stream, and guesses behind them as far as its blocks have room."""
        step.num_forced += num_tokens - 1
        end = sequence.num_computed + num_tokens
        if end > len(sequence.block_table) * self.pool.block_size and not self._make_room(
            sequence, partial(self._tables.grow, sequence, end), step
        ):
            return
        if proposed:
            proposed = proposed[: self._proposals.room_behind(sequence, end, len(proposed), self._running.num_places)]
        step.chunks.append(Chunk(sequence, sequence.num_computed, num_tokens + len(proposed), proposed))

    def _most_forced(self, num_running: int, are_prompts_running: bool) -> int:
        """The most tokens that each stream may compute of those that it lacks: 1 if prompts could use the time."""
        if are_prompts_running or (self._waiting and num_running < self.max_num_seqs):
            return 1
        return max(1, min(_MOST_FORCED, self.max_batch_tokens // max(1, num_running)))

    def _prompt_budget(
        self, prompts: list[Sequence], num_streams: int, num_taken: int, num_proposed: int, step: Step
    ) -> int:
        """The tokens for prompts alongside the streams, which take ``num_taken`` of the token budget.

        ``num_proposed`` of these are guesses.
        """
        budget = self.max_batch_tokens - num_taken
        if not prompts and not self._waiting:
            return budget
        start = prompts[0].num_computed if prompts else 0  # of the one that has tokens in every step
        allowed = self._prefill_budget.max_tokens(num_streams, start, num_proposed, step.draft_cost.seconds)
        return budget if allowed >= budget else int(allowed)

    def _make_room(self, sequence: Sequence, grow: Callable[[], bool], step: Step) -> bool:
        """Preempt others until ``grow`` finds blocks for a stream; False if the stream itself had to be preempted."""
        while not grow():
            if self._preempt_last(step) is sequence:
                return False
        return True

    def _preempt_last(self, step: Step) -> Sequence:
        """Preempt the least urgent sequence."""
        victim = self._running.least_urgent
        self._preempt(victim)
        step.num_preempted += 1
        return victim

    def _preempt(self, sequence: Sequence) -> None:
        """Put a sequence back into the waiting queue.

        It keeps its tokens, unless they are those of beams, and loses its blocks. The prefix cache may still find the
        published ones.
        """
        self._running.remove(sequence)
        self._free(sequence)
        sequence.preempt()
        self._waiting.requeue(sequence)

    # Prompts

    def _schedule_prompts(self, step: Step, turns: PromptTurns) -> None:
        """Add chunks of prompts to ``step``, as their turns come, and start those that wait."""
        started = [] if step.num_preempted else self._start_waiting(step, turns)
        for sequence in started:
            self._waiting.start(sequence)
        for sequence, tokens in turns.rest():
            step.chunks.append(_prompt_chunk(sequence, tokens))

    def _start_waiting(self, step: Step, turns: PromptTurns) -> list[Sequence]:
        """Start waiting sequences in their order, as far as tokens, free places and blocks allow.

        Only a limited number of them is considered, so that a long queue costs no time.
        """
        started: list[Sequence] = []
        if not self._waiting:
            return started
        for prompt in turns.later:
            self._tables.cancel_reservation(prompt)  # it may be passed again and again: none waits for its prefix
        for sequence in islice(self._waiting.in_order(), 2 * self.max_num_seqs):
            if self._running.num_places + sequence.width > self.max_num_seqs:
                break
            found = self._find(sequence)
            if found is None:
                continue
            num_left = sequence.num_tokens - found.num_tokens
            for prompt, tokens in turns.before(sequence, num_left + found.num_source):
                step.chunks.append(_prompt_chunk(prompt, tokens))
            if not turns.offer(sequence, num_left, found.num_source) or not self._start(sequence, found, step):
                break  # no sequence overtakes one that does not fit, which might otherwise wait forever
            started.append(sequence)
            step.chunks.append(_prompt_chunk(sequence, turns.take(sequence, num_left, found.num_source)))
        return started

    def _find(self, sequence: Sequence) -> CachedBlocks | None:
        """What is cached of a sequence; None if the sequence should wait for what is about to be computed."""
        if sequence.waiting_for is not None and self.pool.is_reserved(sequence.waiting_for):
            return None
        found = self._blocks.find(sequence)
        sequence.waiting_for = found.reserved if sequence.status is SequenceStatus.WAITING else None
        return found if sequence.waiting_for is None else None

    def _start(self, sequence: Sequence, found: CachedBlocks, step: Step) -> bool:
        """Give the sequence its blocks and a place among the running ones; False if there are too few blocks.

        One block for each running sequence and beam must stay free, so that the start causes no preemption in the next
        step.
        """
        if not self._blocks.allocate(sequence, found, num_spare=self._running.num_places):
            return False
        is_first_start = sequence.status is SequenceStatus.WAITING
        sequence.start(num_computed=found.num_tokens, now=self._clock())
        self._running.add(sequence)
        if is_first_start:
            step.cache_queried_tokens += sequence.num_source + sequence.num_prompt
            step.cache_hit_tokens += sequence.num_cached
        return True

    # After the step

    def _finish(self, sequence: Sequence) -> None:
        """End a sequence, and free its blocks."""
        if sequence.status is SequenceStatus.RUNNING:
            self._running.remove(sequence)
        self._waiting.finish(sequence)
        self._free(sequence)
        sequence.finish()
        self._groups.remove(sequence)
        del self._sequences[sequence.id]

    def _free(self, sequence: Sequence) -> None:
        """Release all blocks of a sequence, and those of its beams, which are forgotten."""
        self._groups.restart(sequence)
        self._blocks.free(sequence)


def _is_prompt(sequence: Sequence, num_lacking: int) -> bool:
    """Whether what a running sequence lacks is a prompt. A last token is, if memory was short for the source."""
    return not sequence.is_stream and (num_lacking > 1 or sequence.num_encoded < sequence.num_source)


def _prompt_chunk(sequence: Sequence, num_tokens: int) -> Chunk:
    """The next tokens of a prompt, behind its source."""
    return Chunk(sequence, sequence.num_computed, num_tokens, (), sequence.num_source - sequence.num_encoded)
