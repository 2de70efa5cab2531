"""The arrays and tensors of a step."""

import numpy as np
import pytest
import torch

from service.engine.attention.batch import Batch
from service.engine.attention.kv_cache import KVCache
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk, Step

BLOCK = 4


@pytest.fixture
def cache() -> KVCache:
    return KVCache([], num_blocks=50, block_size=BLOCK, dtype=torch.float32, device=torch.device("cpu"))


def sequence(length: int, table: list[int], first_token: int = 100) -> Sequence:
    prompt = tuple(range(first_token, first_token + length))
    return Sequence(Request(id="a", prompt=prompt, params=SamplingParams(max_tokens=1)), block_table=table)


def build(cache: KVCache, *chunks: Chunk) -> Batch:
    return Batch.from_step(Step(list(chunks)), cache, torch.device("cpu"))


def test_rows_carry_their_tokens_positions_and_slots(cache: KVCache) -> None:
    batch = build(cache, Chunk(sequence(7, [9, 3]), 2, 4))
    assert batch.input_ids.tolist() == [102, 103, 104, 105]
    assert batch.positions.tolist() == [2, 3, 4, 5]
    assert batch.slots.tolist() == [9 * 4 + 2, 9 * 4 + 3, 3 * 4 + 0, 3 * 4 + 1]
    assert {x.dtype for x in (batch.input_ids, batch.positions, batch.slots)} == {np.dtype(np.int64)}
    assert (batch.starts.tolist(), batch.contexts.tolist(), batch.block_counts.tolist()) == ([2], [6], [2])


def test_singles_come_first_longest_context_first_then_longer_chunks_as_listed(cache: KVCache) -> None:
    chunks = [
        Chunk(sequence(8, [1, 2]), 3, 5),
        Chunk(sequence(3, [3]), 2, 1),
        Chunk(sequence(6, [4, 5]), 0, 6),
        Chunk(sequence(9, [6, 7, 8]), 8, 1),
        Chunk(sequence(1, [10]), 0, 1),
    ]
    batch = build(cache, *chunks)
    assert batch.order == [3, 1, 4, 0, 2]
    assert batch.chunks == [chunks[i] for i in batch.order]
    assert batch.offsets.tolist() == [0, 1, 2, 3, 8, 14]
    assert batch.num_singles == 3
    assert batch.num_rows == 14
    assert not batch.only_singles
    assert batch.positions.tolist() == [8, 2, 0, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5]
    assert batch.sampled_rows([0, 3, 4]).tolist() == [0, 7, 13]


def test_a_step_of_single_tokens_is_recognized(cache: KVCache) -> None:
    assert build(cache, Chunk(sequence(3, [3]), 2, 1), Chunk(sequence(1, [4]), 0, 1)).only_singles


def test_tables_start_at_the_given_block_and_are_padded_with_the_null_block(cache: KVCache) -> None:
    batch = build(
        cache,
        Chunk(sequence(17, [1, 2, 3, 4, 5]), 16, 1),
        Chunk(sequence(8, [6, 7]), 7, 1),
        Chunk(sequence(2, [8]), 1, 1),
    )
    null = cache.null_block
    assert batch.table(0, 3, 0, 5).tolist() == [[1, 2, 3, 4, 5], [6, 7, null, null, null], [8, *[null] * 4]]
    assert batch.table(0, 2, np.array([3, 1]), 2).tolist() == [[4, 5], [7, null]]
    assert batch.table(2, 3, 0, 1).tolist() == [[8]]


def test_blocks_beyond_the_chunk_are_not_read(cache: KVCache) -> None:
    batch = build(cache, Chunk(sequence(20, [1, 2, 3, 4, 5]), 0, 6))
    assert batch.table(0, 1, 0, 3).tolist() == [[1, 2, cache.null_block]]


def test_a_block_table_that_is_too_short_is_an_error(cache: KVCache) -> None:
    with pytest.raises(ValueError, match="too short"):
        build(cache, Chunk(sequence(9, [1, 2]), 0, 9))


def test_sequences_are_only_read(cache: KVCache) -> None:
    one = sequence(7, [9, 3])
    before = (list(one.tokens), list(one.block_table), one.num_computed)
    build(cache, Chunk(one, 2, 4))
    assert (one.tokens, one.block_table, one.num_computed) == before
