"""Block tables: the blocks that a sequence gets from the pool, shares with other sequences, and gives back."""

from array import array

import pytest

from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.block_pool import BlockPool
from service.engine.scheduling.block_tables import BlockTables
from service.engine.scheduling.sequence import Sequence

SIZE = 2


def make_sequence(*prompt: int, salt: str = "") -> Sequence:
    return Sequence(Request(id="", prompt=prompt, params=SamplingParams(max_tokens=9), cache_salt=salt))


class Pool:
    """A block pool with its block tables, and sequences that are admitted and computed by hand."""

    def __init__(self, num_blocks: int = 8) -> None:
        self.blocks = BlockPool(num_blocks, SIZE)
        self.tables = BlockTables(self.blocks)

    def allocate(self, sequence: Sequence, *, num_spare: int = 0) -> bool:
        match = self.blocks.match(sequence.tokens, sequence.request.cache_salt)
        if not self.tables.has_room(sequence, match, num_spare=num_spare):
            return False
        self.tables.allocate(sequence, match)
        sequence.start(len(match.blocks) * SIZE, now=0.0)
        return True

    def compute(self, sequence: Sequence, num_tokens: int) -> None:
        sequence.advance(sequence.num_computed + num_tokens)
        self.tables.publish(sequence)


def test_a_sequence_gets_blocks_for_all_its_tokens() -> None:
    pool = Pool()
    sequence = make_sequence(1, 2, 3, 4, 5)
    assert pool.allocate(sequence)
    assert len(set(sequence.block_table)) == 3
    assert pool.blocks.num_used == 3


def test_a_table_begins_with_the_blocks_of_the_cached_prefix() -> None:
    pool = Pool()
    first, second = make_sequence(1, 2, 3, 4, 5), make_sequence(1, 2, 3, 4, 6, 7)
    pool.allocate(first)
    pool.compute(first, 5)
    assert pool.allocate(second)
    assert second.block_table[:2] == first.block_table[:2]
    assert second.block_table[2] not in first.block_table
    assert (second.num_published, second.prefix_id) == (first.num_published, first.prefix_id)
    assert pool.blocks.num_used == 4, "shared blocks count once"


@pytest.mark.parametrize("num_spare", [0, 1, 2])
def test_spare_blocks_stay_free_and_a_refusal_changes_nothing(num_spare: int) -> None:
    pool = Pool(num_blocks=3)
    sequence = make_sequence(1, 2, 3)
    assert pool.allocate(sequence, num_spare=num_spare) == (num_spare < 2)
    assert pool.blocks.num_used == len(sequence.block_table) == (2 if num_spare < 2 else 0)
    assert (sequence.reservation is not None) == (num_spare < 2)


def test_free_blocks_of_a_cached_prefix_are_not_counted_twice() -> None:
    """They are free and would be reclaimed, so they are no room for the new blocks."""
    pool = Pool(num_blocks=3)
    first, longer = make_sequence(1, 2, 3, 4, 5), make_sequence(1, 2, 3, 4, 5, 6, 7)
    pool.allocate(first)
    pool.compute(first, 5)
    pool.tables.free(first)
    assert not pool.allocate(longer)
    assert pool.blocks.num_free == 3
    assert pool.allocate(make_sequence(1, 2, 3, 4, 6))


def test_full_computed_blocks_are_published_and_the_next_one_is_reserved() -> None:
    pool = Pool()
    sequence = make_sequence(1, 2, 3, 4, 5)
    pool.allocate(sequence)
    other = [1, 2, 3, 4, 9]
    assert pool.blocks.match(other).reserved == sequence.reservation == ("", (1, 2))
    pool.compute(sequence, 3)
    assert pool.blocks.match(other).blocks == list(sequence.block_table[:1])
    assert pool.blocks.match(other).reserved == sequence.reservation == (sequence.prefix_id, (3, 4))
    pool.compute(sequence, 2)
    assert pool.blocks.match(other).blocks == list(sequence.block_table[:2])
    assert sequence.reservation is None, "the last block is not full"


def test_a_table_grows_or_stays_as_it_is() -> None:
    pool = Pool(num_blocks=3)
    sequence = make_sequence(1, 2)
    pool.allocate(sequence)
    assert pool.tables.grow(sequence, 2)
    assert len(sequence.block_table) == 1, "it holds two tokens already"
    assert pool.tables.grow(sequence, 5)
    assert len(set(sequence.block_table)) == 3
    assert not pool.tables.grow(sequence, 7)
    assert len(sequence.block_table) == 3


def test_a_freed_table_is_empty_and_its_published_blocks_are_found_again() -> None:
    pool = Pool()
    sequence = make_sequence(1, 2, 3, 4, 5, 6, 7, salt="a")
    pool.allocate(sequence)
    pool.compute(sequence, 3)
    published = list(sequence.block_table[:1])
    pool.tables.free(sequence)
    assert sequence.block_table == array("q")
    assert (sequence.num_published, sequence.prefix_id, sequence.reservation) == (0, "a", None)
    assert pool.blocks.num_used == 0
    match = pool.blocks.match(sequence.tokens, "a")
    assert (match.blocks, match.reserved) == (published, None), (
        "no other sequence waits for a block that is not computed"
    )
    assert pool.allocate(sequence)
    assert list(sequence.block_table[:1]) == published
