"""Cases for the attention backends, with their expected results computed row by row in double precision."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pytest
import torch
from torch import Tensor

from service.engine.attention import flash
from service.engine.attention.batch import Batch
from service.engine.attention.kv_cache import KVCache
from service.engine.attention.paged import AttentionBackend
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.block_pool import num_blocks_for
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk, Step
from service.models.contracts.layer_spec import LayerSpec

Test = TypeVar("Test", bound=Callable[..., Any])
_skipped_without_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


def needs_cuda(test: Test) -> Test:
    """The test runs where a GPU is. ``make gpu-check`` runs these tests alone."""
    return pytest.mark.cuda(_skipped_without_cuda(test))


PLAIN = LayerSpec(heads=4, kv_heads=2, key_dim=8, value_dim=8, scale=0.3)
SPECS = {
    "plain": PLAIN,
    "one head each": replace(PLAIN, kv_heads=4),
    "one KV head": replace(PLAIN, kv_heads=1),
    "window of one": replace(PLAIN, window=1),
    "window inside a block": replace(PLAIN, window=3),
    "window over blocks": replace(PLAIN, window=11),
    "window beyond everything": replace(PLAIN, window=1000),
    "soft cap": replace(PLAIN, softcap=0.5),
    "soft cap and window": replace(PLAIN, softcap=0.5, window=7),
    "narrow values": replace(PLAIN, value_dim=4),
    "wide values and window": replace(PLAIN, value_dim=24, window=7),
}
# (start, num_tokens) of each chunk
STEPS = {
    "one single": [(6, 1)],
    "the first token": [(0, 1)],
    "singles of all lengths": [(0, 1), (80, 1), (3, 1), (40, 1), (15, 1), (16, 1), (2, 1)],
    "prompts": [(0, 17), (0, 2), (0, 40)],
    "a chunk with history": [(37, 9)],
    "everything": [(5, 1), (0, 12), (33, 1), (16, 16), (30, 7), (0, 1)],
}


@dataclass
class Case:
    """A cache filled with random history, a step over it, and the expected result."""

    spec: LayerSpec
    cache: KVCache
    batch: Batch
    query: Tensor
    key: Tensor
    value: Tensor
    expected: Tensor

    def attend(self, backend: AttentionBackend) -> Tensor:
        layer = self.cache.layers[0]
        layer.write(self.batch.to_device(self.batch.slots), self.key, self.value)
        return backend.attend(layer, self.query, self.key, self.value)


def make_case(
    spec: LayerSpec,
    chunks: list[tuple[int, int]],
    *,
    block_size: int = 4,
    dtype: torch.dtype = torch.float32,
    device: str = "cpu",
) -> Case:
    """A case with scattered blocks. Blocks that belong to no sequence are full of NaN."""
    generator = torch.Generator().manual_seed(7)
    needed = [num_blocks_for(start + count, block_size) for start, count in chunks]
    cache = KVCache(
        [spec],
        num_blocks=sum(needed) + 5,
        block_size=block_size,
        dtype=dtype,
        device=torch.device(device),
        uses_flash=[not flash.unsupported_shape_reason(spec, block_size=block_size, dtype=dtype)],
    )
    layer = cache.layers[0]
    free = list(range(cache.num_blocks))
    random.Random(3).shuffle(free)

    sequences: list[Sequence] = []
    histories = []
    for (start, count), blocks in zip(chunks, needed, strict=True):
        table = [free.pop() for _ in range(blocks)]
        request = Request(id=str(len(sequences)), prompt=(1,) * (start + count), params=SamplingParams(max_tokens=1))
        sequences.append(Sequence(request, block_table=table))
        key = torch.randn(start + count, spec.kv_heads, spec.key_dim, generator=generator).to(dtype)
        value = torch.randn(start + count, spec.kv_heads, spec.value_dim, generator=generator).to(dtype)
        slots = torch.tensor([table[p // block_size] * block_size + p % block_size for p in range(start)])
        layer.write(slots.to(device, torch.int64), key[:start].to(device), value[:start].to(device))
        histories.append((key, value))
    layer.key[free], layer.value[free] = torch.nan, torch.nan

    step = Step([Chunk(sequence, *chunk) for sequence, chunk in zip(sequences, chunks, strict=True)])
    batch = Batch.from_step(step, cache, torch.device(device))
    query = torch.randn(batch.num_rows, spec.heads, spec.key_dim, generator=generator).to(dtype)
    keys, values, expected = [], [], []
    for number, chunk in enumerate(batch.chunks):
        key, value = histories[batch.order[number]]
        keys.append(key[chunk.start :])
        values.append(value[chunk.start :])
        rows = query[int(batch.offsets[number]) : int(batch.offsets[number + 1])]
        expected += [
            attend_to(spec, row, key[: chunk.start + i + 1], value[: chunk.start + i + 1]) for i, row in enumerate(rows)
        ]
    return Case(
        spec,
        cache,
        batch,
        query.to(device),
        torch.cat(keys).to(device),
        torch.cat(values).to(device),
        torch.stack(expected),
    )


def attend_to(spec: LayerSpec, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attend from one row [H, Dk] to all keys [L, KV, Dk], the last of which is its own. In double precision."""
    if spec.window is not None:
        key, value = key[-spec.window :], value[-spec.window :]
    groups = spec.heads // spec.kv_heads
    key, value = (x.double().repeat_interleave(groups, dim=1) for x in (key, value))
    scores = torch.einsum("hd,lhd->hl", query.double(), key) * spec.scale
    if spec.softcap is not None:
        scores = spec.softcap * torch.tanh(scores / spec.softcap)
    return torch.einsum("hl,lhd->hd", scores.softmax(-1), value)


def assert_expected(case: Case, found: Tensor) -> None:
    tolerance = 1e-5 if case.query.dtype == torch.float32 else 2e-2
    torch.testing.assert_close(found.double().cpu(), case.expected, rtol=0, atol=tolerance)


def emulated_varlen_attn(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    cu_seq_q: Tensor,
    cu_seq_k: Tensor,
    max_q: int,
    max_k: int,
    *,
    scale: float,
    window_size: tuple[int, int],
    enable_gqa: bool,
    seqused_k: Tensor,
    block_table: Tensor,
    num_splits: int,
) -> Tensor:
    """``torch.nn.attention.varlen.varlen_attn`` for the CPU, as documented, with the checks of its CUDA kernel."""
    count = len(cu_seq_q) - 1
    assert {t.dtype for t in (cu_seq_q, cu_seq_k, seqused_k, block_table)} == {torch.int32}
    assert all(t.is_contiguous() for t in (cu_seq_q, cu_seq_k, seqused_k))
    assert query.stride(-1) == block_table.stride(-1) == 1
    assert key.shape == value.shape
    assert key.shape[1] % 256 == 0
    assert key.shape[-1] % 8 == 0
    assert key.shape[-1] <= 256
    assert query.dtype == key.dtype
    assert query.dtype in (torch.float16, torch.bfloat16)
    assert len(cu_seq_k) == count + 1
    assert seqused_k.shape == (count,)
    assert block_table.shape[0] == count
    assert enable_gqa == (query.shape[1] != key.shape[2])
    assert num_splits == 1
    assert window_size[1] == 0
    assert max_k >= int(seqused_k.max())
    assert max_q >= int(cu_seq_q.diff().max())
    assert torch.equal(cu_seq_k.diff(), seqused_k)
    spec = LayerSpec(
        heads=query.shape[1],
        kv_heads=key.shape[2],
        key_dim=key.shape[3],
        value_dim=value.shape[3],
        scale=scale,
        window=None if window_size[0] < 0 else window_size[0] + 1,
    )
    out = torch.empty_like(query)
    for i in range(count):
        begin, end, length = int(cu_seq_q[i]), int(cu_seq_q[i + 1]), int(seqused_k[i])
        keys, values = (pool[block_table[i].long()].flatten(0, 1) for pool in (key, value))
        for row in range(begin, end):
            seen = length - (end - 1 - row)
            out[row] = attend_to(spec, query[row], keys[:seen], values[:seen])
    return out
