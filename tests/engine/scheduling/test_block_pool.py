"""The block pool against a simple model of it, under any order of calls."""

from collections import Counter

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from service.engine.scheduling.block_pool import CACHED, EMPTY, HELD, SHARED, BlockPool, PrefixId, num_blocks_for

SIZE = 2


class Table:
    """A sequence from the pool's point of view: its blocks, and how many of them are published."""

    def __init__(self, tokens: list[int], salt: str) -> None:
        self.tokens = tokens
        self.salt = salt
        self.blocks: list[int] = []
        self.published = 0
        self.prefix_id: PrefixId = salt


class PoolMachine(RuleBasedStateMachine):
    """Sequences of few different tokens, so that they often share a prefix, and few blocks, so that they run out."""

    tables = Bundle("tables")

    @initialize(num_blocks=st.integers(1, 12))
    def start(self, num_blocks: int) -> None:
        self.pool = BlockPool(num_blocks, SIZE)
        self.held: list[Table] = []
        self.written: dict[
            int, tuple[str, tuple[int, ...]]
        ] = {}  # block -> all tokens from the salt to the block's end

    @rule(target=tables, tokens=st.lists(st.integers(0, 1), min_size=1, max_size=9), salt=st.sampled_from(["", "a"]))
    def allocate(self, tokens: list[int], salt: str) -> Table:
        table = Table(tokens, salt)
        match = self.pool.match(tokens, salt)
        for number, block in enumerate(match.blocks):
            assert self.written[block] == (salt, tuple(tokens[: (number + 1) * SIZE])), "a wrong block was found"
        assert len(match.blocks) * SIZE < len(tokens), "the last token must be computed"
        needed = num_blocks_for(len(tokens), SIZE) - len(match.blocks)
        fits = needed <= self.pool.num_free - self.pool.num_reclaimed(match.blocks)
        if not fits:
            return table
        self.pool.reuse(match.blocks)
        fresh = self.pool.allocate(needed)
        assert fresh is not None
        assert not {block for other in self.held for block in other.blocks} & set(fresh), (
            "a referenced block was handed out"
        )
        for block in fresh:
            self.written.pop(block, None)
        table.blocks = match.blocks + fresh
        assert match.prefix_id is not None
        table.published, table.prefix_id = len(match.blocks), match.prefix_id
        self.held.append(table)
        return table

    @rule(table=tables)
    def compute_a_block(self, table: Table) -> None:
        begin = table.published * SIZE
        tokens = table.tokens[begin : begin + SIZE]
        if not table.blocks or len(tokens) < SIZE:
            return
        block = table.blocks[table.published]
        self.written[block] = (table.salt, tuple(table.tokens[: begin + SIZE]))
        table.prefix_id = self.pool.publish(block, table.prefix_id, tokens)
        table.published += 1
        found = self.pool.match([*table.tokens[: begin + SIZE], 0], table.salt).blocks
        assert len(found) == table.published, "a published block was not found"

    @rule(table=consumes(tables))
    def release(self, table: Table) -> None:
        self.pool.release(table.blocks)
        if table.blocks:
            self.held.remove(table)

    @rule()
    def allocate_too_many(self) -> None:
        before = self.pool.num_free
        assert self.pool.allocate(before + 1) is None
        assert self.pool.num_free == before

    @invariant()
    def references_are_occurrences(self) -> None:
        if hasattr(self, "pool"):
            occurrences = Counter(block for table in self.held for block in table.blocks)
            assert self.pool.num_used == len(occurrences)
            assert self.pool.num_free + self.pool.num_used == self.pool.num_blocks
            assert all(0 <= block < self.pool.num_blocks for block in occurrences)

    @invariant()
    def states_are_those_of_the_references(self) -> None:
        if hasattr(self, "pool"):
            occurrences = Counter(block for table in self.held for block in table.blocks)
            for block, state in enumerate(self.pool.states()):
                assert state in ({EMPTY, CACHED} if block not in occurrences else {HELD, SHARED})
                assert (state == SHARED) == (occurrences[block] > 1)

    def teardown(self) -> None:
        for table in self.held:
            self.pool.release(table.blocks)
        assert self.pool.num_used == 0
        everything = self.pool.allocate(self.pool.num_blocks)
        assert everything is not None
        assert sorted(everything) == list(range(self.pool.num_blocks)), "each block exists once"


TestPoolMachine = PoolMachine.TestCase


def publish_all(pool: BlockPool, tokens: list[int], salt: str = "") -> list[int]:
    """Allocate the blocks of a sequence and publish them as computed. Returns the blocks."""
    blocks = pool.allocate(num_blocks_for(len(tokens), pool.block_size))
    assert blocks is not None
    prefix_id: PrefixId = salt
    for number in range(len(tokens) // pool.block_size):
        begin = number * pool.block_size
        prefix_id = pool.publish(blocks[number], prefix_id, tokens[begin : begin + pool.block_size])
    return blocks


def test_a_released_block_is_found_until_it_is_handed_out_again() -> None:
    pool = BlockPool(4, SIZE)
    blocks = publish_all(pool, [1, 2, 3, 4])
    pool.release(blocks)
    assert pool.num_free == 4
    assert pool.match([1, 2, 3, 4, 5]).blocks == blocks
    assert pool.allocate(4) is not None
    assert pool.match([1, 2, 3, 4, 5]).blocks == []


def test_the_end_of_a_sequence_is_evicted_before_its_beginning() -> None:
    pool = BlockPool(2, SIZE)
    blocks = publish_all(pool, [1, 2, 3, 4])
    pool.release(blocks)
    assert pool.allocate(1) == blocks[1:]
    assert pool.match([1, 2, 3, 4, 5]).blocks == blocks[:1]


def test_unused_blocks_are_handed_out_before_cached_ones() -> None:
    pool = BlockPool(3, SIZE)
    blocks = publish_all(pool, [1, 2])
    pool.release(blocks)
    assert not set(pool.allocate(2) or ()) & set(blocks)
    assert pool.match([1, 2, 3]).blocks == blocks


def test_prefixes_are_shared_only_under_the_same_salt() -> None:
    pool = BlockPool(4, SIZE)
    publish_all(pool, [1, 2], salt="mine")
    assert pool.match([1, 2, 3], "mine").blocks
    assert not pool.match([1, 2, 3], "yours").blocks
    assert not pool.match([1, 2, 3]).blocks


def test_a_chain_goes_on_from_an_equal_block() -> None:
    pool = BlockPool(8, SIZE)
    first = publish_all(pool, [1, 2, 3, 4])
    second = publish_all(pool, [1, 2, 5, 6])
    assert pool.match([1, 2, 5, 6, 0]).blocks == [first[0], second[1]]


def test_a_block_is_reserved_until_the_reservation_is_cancelled() -> None:
    pool = BlockPool(4, SIZE)
    key = pool.reserve("", [1, 2])
    assert key is not None
    assert pool.match([1, 2, 3]).reserved == key
    assert pool.match([1, 2]).reserved is None, "the last token must be computed anyway"
    assert pool.reserve("", [1, 2]) is None, "it is reserved already"
    pool.cancel_reservation(key)
    assert pool.match([1, 2, 3]).reserved is None
    assert pool.reserve("", [1]) is None, "a block that is not full is never shared"


def test_a_published_block_is_no_longer_reserved() -> None:
    pool = BlockPool(4, SIZE)
    key = pool.reserve("", [1, 2])
    assert key is not None
    publish_all(pool, [1, 2])
    assert not pool.is_reserved(key)
    assert pool.reserve("", [1, 2]) is None, "it is published already"


def test_without_prefix_caching_nothing_is_found() -> None:
    pool = BlockPool(4, SIZE, prefix_caching=False)
    publish_all(pool, [1, 2, 3, 4])
    assert pool.reserve("", [1, 2]) is None
    assert pool.match([1, 2, 3, 4, 5]).blocks == []


@pytest.mark.parametrize(
    ("num_tokens", "block_size", "expected"),
    [(0, 2, 0), (1, 2, 1), (2, 2, 1), (3, 2, 2), (0, 4, 0), (1, 4, 1), (4, 4, 1), (5, 4, 2), (8, 4, 2)],
)
def test_num_blocks_for_rounds_up(num_tokens: int, block_size: int, expected: int) -> None:
    assert num_blocks_for(num_tokens, block_size) == expected
