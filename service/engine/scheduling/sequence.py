"""A sequence: a request inside the engine, with its tokens, its block table and its progress."""

from array import array
from collections.abc import MutableSequence
from dataclasses import dataclass, field
from enum import Enum

from service.engine.constraints.constraint import Constraint
from service.engine.protocol.outputs import FinishReason, TokenLogprob
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.protocol.source import Features, num_positions
from service.engine.scheduling.block_pool import BlockKey, PrefixId, Root, SourceRoot
from service.engine.speculation.speculation import Speculation


class SequenceStatus(Enum):
    """The state of a sequence.

    WAITING -> RUNNING -> FINISHED, RUNNING -> PREEMPTED -> RUNNING. In any state a sequence can be aborted.
    """

    WAITING = "waiting"  # in the waiting queue, never started
    RUNNING = "running"  # has blocks, and gets chunks in steps
    PREEMPTED = "preempted"  # has started and lost its blocks; in the waiting queue again
    FINISHED = "finished"


@dataclass(slots=True, eq=False)
class Sequence:
    """A request inside the engine.

    ``num_computed`` counts the leading tokens whose keys and values are in the KV cache. Every step computes some of
    the other ``num_tokens - num_computed`` tokens: many while the prompt is prefilled, one in a decode. There is no
    other difference between the two for the model.

    The methods below are the only writers of status, tokens and progress. ``BlockTables`` is the only writer of the
    block table and of the three fields below it, ``SourceTables`` of the last two, and the scheduler of ``waiting_for``
    and ``speculation``. All other code only reads.
    """

    request: Request
    adapter: int = 0  # the number of the loaded adapter that computes it; 0: the model alone
    constraint: Constraint | None = None  # what may come next; it follows every appended token
    speculation: Speculation | None = None  # guesses of the next tokens; None: there are none
    urgency: tuple[float, int] = (0.0, 0)  # the order in which sequences run and wait: the smallest is first
    token_seconds: float = 0.0  # the engine's seconds for a token, as they were when the sequence came
    status: SequenceStatus = SequenceStatus.WAITING
    tokens: list[int] = field(default_factory=list)  # the prompt, then the generated tokens
    width: int = 1  # rows that it takes in a step once its prompt is computed: its beams, or 1 without any
    num_computed: int = 0
    is_stream: bool = False  # whether it has sampled a token since it last started: what it lacks now is no prompt
    num_cached: int = 0  # tokens of prompt and source that the prefix cache had when the sequence started
    num_preemptions: int = 0
    start_time: float | None = None  # monotonic seconds when the sequence first ran
    prompt_logprobs: list[TokenLogprob | None] = field(default_factory=list)
    waiting_for: BlockKey | None = None  # the reserved block that a WAITING sequence waits for

    block_table: MutableSequence[int] = field(default_factory=lambda: array("q"))  # int64, as batches copy it
    num_published: int = 0  # leading blocks of the table that are in the prefix cache
    prefix_id: PrefixId | None = ""  # of the last published block, or the root; None: the source is not encoded yet
    reservation: BlockKey | None = None  # the next block, which other sequences wait for

    source_table: MutableSequence[int] = field(default_factory=lambda: array("q"))  # as the block table
    num_encoded: int = 0  # positions of the source whose keys and values are in the KV cache: none, or all

    def __post_init__(self) -> None:
        params = self.request.params
        self.tokens = list(self.request.prompt)
        if params.beams is not None and params.max_tokens:
            self.width = params.beams.num_beams
        else:
            self.tokens += self.request.generated
        self.prefix_id = self.root

    @property
    def id(self) -> str:
        return self.request.id

    @property
    def root(self) -> Root:
        """The id of the empty prefix. Sequences with another salt or another adapter have another one."""
        salt = self.request.cache_salt
        return (salt, self.adapter) if self.adapter else salt

    @property
    def source_root(self) -> SourceRoot:
        """The prefix id before the blocks of the source. It has the whole source, as each position sees all others."""
        source = self.request.source
        return self.root, source.digest if isinstance(source, Features) else source

    @property
    def num_source(self) -> int:
        """The positions of the source; 0 without one."""
        return num_positions(self.request.source)

    @property
    def params(self) -> SamplingParams:
        return self.request.params

    @property
    def num_prompt(self) -> int:
        return len(self.request.prompt)

    @property
    def num_tokens(self) -> int:
        return len(self.tokens)

    @property
    def num_generated(self) -> int:
        return len(self.tokens) - len(self.request.prompt)

    @property
    def max_total_tokens(self) -> int:
        """The most tokens that prompt and output can have together."""
        return len(self.request.prompt) + self.request.params.max_tokens

    def start(self, num_computed: int, now: float) -> None:
        """Run, with ``num_computed`` tokens from the prefix cache. ``now`` is in monotonic seconds."""
        if self.start_time is None:
            self.start_time = now
            self.num_cached = min(num_computed, self.num_prompt) + self.num_encoded
        self.status = SequenceStatus.RUNNING
        self.num_computed = num_computed

    def preempt(self) -> None:
        """Wait again. The tokens stay, and will be computed once more."""
        self.status = SequenceStatus.PREEMPTED
        self.num_preemptions += 1
        self.num_computed = 0
        self.is_stream = False

    def restart(self, constraint: Constraint | None) -> None:
        """Forget the generated tokens of a beam: the search begins again. ``constraint`` is that of the prompt."""
        del self.tokens[self.num_prompt :]
        self.constraint = constraint

    def continue_beam(self, tokens: list[int], num_computed: int, constraint: Constraint | None) -> None:
        """Take the place of a beam that has ``tokens``, the last of which is not computed, and ``constraint``."""
        self.status = SequenceStatus.RUNNING
        self.tokens = tokens
        self.constraint = constraint
        self.num_computed = num_computed
        self.is_stream = True

    def finish(self) -> None:
        self.status = SequenceStatus.FINISHED

    def advance(self, num_computed: int) -> bool:
        """Record how many tokens are computed now. Returns True if all are, so that the step sampled the next token."""
        self.num_computed = num_computed
        self.is_stream = self.is_stream or num_computed == len(self.tokens)
        return num_computed == len(self.tokens)

    def append(self, token: int) -> None:
        """Add a generated token, which is not computed yet."""
        self.tokens.append(token)
        if self.constraint is not None:
            self.constraint.advance(token)

    def add_prompt_logprobs(self, start: int, logprobs: tuple[TokenLogprob, ...]) -> None:
        """Add the log probabilities of the prompt tokens from position ``start + 1`` on.

        After a preemption, chunks are computed again and bring log probabilities that are known already. These are
        skipped.
        """
        known = self.prompt_logprobs or [None]  # the first token of a prompt has no log probability
        self.prompt_logprobs = known + list(logprobs[len(known) - 1 - start :])

    def finish_reason(self) -> FinishReason | None:
        """Why the sequence ends after its last token, or None if it continues."""
        tokens, request = self.tokens, self.request
        params = request.params
        num_generated = len(tokens) - len(request.prompt)
        if tokens[-1] in params.stop_token_ids and num_generated >= max(params.min_tokens, 1):
            return FinishReason.STOP
        if self.constraint is not None and self.constraint.is_complete:
            return FinishReason.COMPLETE
        return FinishReason.LENGTH if num_generated >= params.max_tokens else None
