"""The frames of ``GET /v1/statistics`` as clients read them."""

from service.api.wire.response_model import ResponseModel
from service.engine.protocol.engine_info import EngineInfo
from service.engine.protocol.outputs import StepStats
from service.engine.protocol.snapshot import SequenceState, Snapshot
from service.statistics.frame import Frame


class EngineSizes(ResponseModel):
    """The limits of the engine. ``block_size`` is the number of tokens in a block of the KV cache."""

    max_sequences: int
    max_step_tokens: int
    max_length: int
    block_size: int

    @classmethod
    def of(cls, info: EngineInfo) -> "EngineSizes":
        """The sizes of this engine."""
        return cls(info.max_num_seqs, info.max_batch_tokens, info.max_model_len, info.block_size)


class StepStatistics(ResponseModel):
    """One step: its time in seconds, its tokens by kind, and the sequences that were preempted in it.

    ``prefill`` are tokens of prompts, ``decode`` those of streams, ``guessed`` those computed in advance, of which
    ``accepted`` were right.
    """

    number: int
    seconds: float
    prefill: int
    decode: int
    guessed: int
    accepted: int
    preempted: int

    @classmethod
    def of(cls, stats: StepStats) -> "StepStatistics":
        """The statistics of this step."""
        return cls(
            number=stats.step,
            seconds=round(stats.seconds, 6),
            prefill=stats.num_prefill_tokens,
            decode=stats.num_decode_tokens,
            guessed=stats.num_proposed_tokens,
            accepted=stats.num_accepted_tokens,
            preempted=stats.num_preempted,
        )


class SequenceStatistics(ResponseModel):
    """An unfinished sequence, in tokens. ``number`` counts the sequences of an engine process.

    ``cached`` of the prompt's tokens came from the prefix cache, and ``computed`` of all its tokens are in the KV cache
    now. The sequence ends with ``most_generated`` tokens at the latest.
    """

    number: int
    status: str
    prompt: int
    cached: int
    computed: int
    generated: int
    most_generated: int
    blocks: int
    preemptions: int

    @classmethod
    def of(cls, state: SequenceState) -> "SequenceStatistics":
        """The progress of this sequence."""
        return cls(
            number=state.number,
            status="running" if state.is_running else "waiting",
            prompt=state.prompt,
            cached=state.cached,
            computed=state.computed,
            generated=state.generated,
            most_generated=state.most_generated,
            blocks=state.blocks,
            preemptions=state.preemptions,
        )


class BlockStatistics(ResponseModel):
    """The blocks of the KV cache in their order, ``per_cell`` of them in each cell but the last.

    A cell says how many of its blocks several sequences share, how many one sequence holds, and how many are free but
    hold a cached prefix. The others are free and empty.
    """

    total: int
    per_cell: int
    cells: list[tuple[int, int, int]]

    @classmethod
    def of(cls, snapshot: Snapshot) -> "BlockStatistics":
        """The blocks of this snapshot."""
        cells = [(cell.shared, cell.held, cell.cached) for cell in snapshot.cells]
        return cls(snapshot.blocks_total, snapshot.blocks_per_cell, cells)


class Statistics(ResponseModel):
    """A model at one moment. ``exits`` counts the engine processes that have ended since the model was loaded.

    ``steps`` are those since the last event, at most 500. ``sequences`` are at most 256: the running ones, then the
    waiting ones as they should start. ``engine`` and ``blocks`` are null while there is no engine.
    """

    model: str
    status: str
    exits: int
    running: int
    waiting: int
    engine: EngineSizes | None
    steps: list[StepStatistics]
    sequences: list[SequenceStatistics]
    blocks: BlockStatistics | None

    @classmethod
    def of(cls, frame: Frame) -> "Statistics":
        """The statistics in this frame."""
        snapshot = frame.snapshot
        return cls(
            model=frame.model,
            status=frame.status,
            exits=frame.exits,
            running=snapshot.num_running if snapshot else 0,
            waiting=snapshot.num_waiting if snapshot else 0,
            engine=EngineSizes.of(frame.engine) if frame.engine else None,
            steps=list(map(StepStatistics.of, frame.steps)),
            sequences=list(map(SequenceStatistics.of, snapshot.sequences)) if snapshot else [],
            blocks=BlockStatistics.of(snapshot) if snapshot else None,
        )


EXAMPLE = Statistics(
    model="qwen2.5-coder-0.5b-instruct",
    status="ready",
    exits=0,
    running=1,
    waiting=0,
    engine=EngineSizes(max_sequences=64, max_step_tokens=2048, max_length=32768, block_size=16),
    steps=[StepStatistics(number=17, seconds=0.021, prefill=0, decode=1, guessed=4, accepted=2, preempted=0)],
    sequences=[
        SequenceStatistics(
            number=3,
            status="running",
            prompt=40,
            cached=32,
            computed=44,
            generated=5,
            most_generated=128,
            blocks=3,
            preemptions=0,
        )
    ],
    blocks=BlockStatistics(total=2048, per_cell=2, cells=[(1, 1, 0), (0, 1, 1)]),
)
