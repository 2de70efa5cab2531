"""A snapshot of the engine between two steps: its sequences and its KV blocks. It has numbers only, and no token."""

from msgspec import Struct


class SequenceState(Struct, frozen=True, kw_only=True, array_like=True):
    """The progress of one unfinished sequence. Lengths are in tokens."""

    number: int  # counts the sequences of an engine process; the id of a request could be the client's text
    is_running: bool  # else it waits
    prompt: int
    cached: int  # prompt tokens that the prefix cache had when it started
    computed: int  # leading tokens whose keys and values are in the KV cache
    generated: int
    most_generated: int  # it ends there at the latest
    blocks: int  # in its block table
    preemptions: int


class BlockCounts(Struct, frozen=True, array_like=True):
    """How many of some neighbouring KV blocks are in which state. All others of them are free and empty."""

    shared: int  # several sequences reference it
    held: int  # one sequence references it
    cached: int  # none does; it holds a prefix until it is handed out again


class Snapshot(Struct, frozen=True, kw_only=True, array_like=True, tag="snapshot"):
    """Event: the answer to ``TakeSnapshot``."""

    seconds: float  # wall time that the engine needed for the snapshot
    num_running: int
    num_waiting: int
    sequences: list[SequenceState]  # running ones first, in the order of the schedule; at most MOST_SEQUENCES
    blocks_total: int
    blocks_per_cell: int
    cells: list[
        BlockCounts
    ]  # of all blocks in their order, ``blocks_per_cell`` in each but the last; at most MOST_CELLS


MOST_SEQUENCES = 256
MOST_CELLS = 1024
