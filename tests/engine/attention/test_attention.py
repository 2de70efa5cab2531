"""Both attention backends against attention written out row by row in double precision."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
import torch
from torch import Tensor

from service.engine.attention import flash, gathered
from service.engine.attention.batch import Batch
from service.engine.attention.flash import FlashAttention
from service.engine.attention.gathered import GatheredAttention
from service.engine.attention.kv_cache import KVCache
from service.engine.attention.paged import AttentionBackend
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.block_pool import num_blocks_for
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk, Step
from service.models.contracts.layer_spec import LayerSpec

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")

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
    """A cache filled with random history, a step over it, and the answer."""

    spec: LayerSpec
    cache: KVCache
    batch: Batch
    query: Tensor
    key: Tensor
    value: Tensor
    expected: Tensor

    def attend(self, backend: AttentionBackend) -> Tensor:
        layer = self.cache.layers[0]
        layer.write(self.batch.slots, self.key, self.value)
        return backend.attend(layer, self.query, self.key, self.value)


def make_case(
    spec: LayerSpec,
    chunks: list[tuple[int, int]],
    *,
    block_size: int = 4,
    dtype: torch.dtype = torch.float32,
    device: str = "cpu",
) -> Case:
    """Blocks lie scattered in the cache; those that belong to no sequence are full of NaN."""
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

    sequences, histories = [], []
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
    """One row, [H, Dk], that comes last among the keys [L, KV, Dk]. In double precision."""
    if spec.window is not None:
        key, value = key[-spec.window :], value[-spec.window :]
    groups = spec.heads // spec.kv_heads
    key, value = (x.double().repeat_interleave(groups, dim=1) for x in (key, value))
    scores = torch.einsum("hd,lhd->hl", query.double(), key) * spec.scale
    if spec.softcap is not None:
        scores = spec.softcap * torch.tanh(scores / spec.softcap)
    return torch.einsum("hl,lhd->hd", scores.softmax(-1), value)


def assert_right(case: Case, found: Tensor) -> None:
    tolerance = 1e-5 if case.query.dtype == torch.float32 else 2e-2
    torch.testing.assert_close(found.double().cpu(), case.expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("spec", SPECS)
def test_gathered_attention_is_right(spec: str, step: str, dtype: torch.dtype) -> None:
    case = make_case(SPECS[spec], STEPS[step], dtype=dtype)
    assert_right(case, case.attend(GatheredAttention(case.batch)))


@needs_cuda
@pytest.mark.parametrize("step", STEPS)
def test_gathered_attention_is_right_on_cuda(step: str) -> None:
    for spec in SPECS.values():
        for dtype in (torch.float32, torch.bfloat16):
            case = make_case(spec, STEPS[step], dtype=dtype, device="cuda")
            assert_right(case, case.attend(GatheredAttention(case.batch)))


@pytest.mark.parametrize("block_size", [1, 16, 64])
def test_gathered_attention_is_right_for_any_block_size(block_size: int) -> None:
    for spec in (PLAIN, SPECS["window over blocks"]):
        case = make_case(spec, STEPS["everything"], block_size=block_size)
        assert_right(case, case.attend(GatheredAttention(case.batch)))


@pytest.mark.parametrize("chunks", [[(30, 7), (4, 1)], [(36, 1), (4, 1)], [(0, 37)]])
@pytest.mark.parametrize("window", [35, 36, 37, 38])
def test_a_window_hides_tokens_exactly_when_it_is_shorter(window: int, chunks: list[tuple[int, int]]) -> None:
    case = make_case(replace(PLAIN, window=window), chunks)
    assert_right(case, case.attend(GatheredAttention(case.batch)))


@pytest.mark.parametrize("spec", ["soft cap and window", "narrow values"])
def test_scores_are_held_in_slices(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathered, "MAX_SCORES", 4 * 40 * 3)  # three rows of a chunk that sees 40 tokens
    case = make_case(SPECS[spec], STEPS["everything"])
    assert_right(case, case.attend(GatheredAttention(case.batch)))


def test_one_plan_serves_all_layers_with_the_same_window() -> None:
    case = make_case(PLAIN, STEPS["everything"])
    attention = GatheredAttention(case.batch)
    for window in (None, 5, None, 5, 1000):  # a window that hides nothing is no window
        case.cache.layers[0].spec = replace(PLAIN, window=window)
        case.attend(attention)
    assert attention.planned_windows == {None, 5}


def test_padding_of_a_group_is_bounded() -> None:
    contexts = sorted([1, 2, 3, 5, 700, 650, 64, 64, 63, 9, 8, 300, 4000], reverse=True)
    case = make_case(PLAIN, [(context - 1, 1) for context in contexts], block_size=16)
    groups = list(gathered.group_contexts(case.batch.contexts))
    assert [begin for begin, _ in groups] == [0, *(end for _, end in groups[:-1])]
    assert groups[-1][1] == len(contexts)
    for begin, end in groups:
        assert max(contexts[begin:end]) * (end - begin) <= 2 * sum(contexts[begin:end])
    assert len(groups) < len(contexts)


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
    """What ``torch.nn.attention.varlen.varlen_attn`` documents, with the checks of its CUDA kernel, for the CPU."""
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


FLASH_SPECS = ["plain", "one head each", "one KV head", "window over blocks", "window of one"]


def flash_case(spec: str, step: str, device: str) -> Case:
    chunks = [*STEPS[step], (256, 1), (500, 13)]
    return make_case(SPECS[spec], chunks, block_size=256, dtype=torch.bfloat16, device=device)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("spec", FLASH_SPECS)
def test_the_flash_kernel_is_called_rightly(spec: str, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.nn.attention.varlen.varlen_attn", emulated_varlen_attn)
    case = flash_case(spec, step, "cpu")
    assert_right(case, case.attend(FlashAttention.from_batch(case.batch)))


@needs_cuda
@pytest.mark.parametrize("step", STEPS)
def test_flash_attention_is_right_on_cuda(step: str) -> None:
    for spec in FLASH_SPECS:
        case = flash_case(spec, step, "cuda")
        assert_right(case, case.attend(FlashAttention.from_batch(case.batch)))


@pytest.mark.parametrize(
    ("spec", "changes", "reason"),
    [
        (PLAIN, {}, ""),
        (replace(PLAIN, window=5), {}, ""),
        (replace(PLAIN, key_dim=256, value_dim=256), {"block_size": 512}, ""),
        (PLAIN, {"dtype": torch.float32}, "float16 and bfloat16"),
        (PLAIN, {"block_size": 16}, "multiples of 256"),
        (replace(PLAIN, softcap=1.0), {}, "soft cap"),
        (replace(PLAIN, value_dim=16), {}, "one dimension"),
        (replace(PLAIN, key_dim=12, value_dim=12), {}, "head dimension"),
        (replace(PLAIN, key_dim=264, value_dim=264), {}, "head dimension"),
    ],
)
def test_flash_attention_takes_only_what_it_can_compute(spec: LayerSpec, changes: dict, reason: str) -> None:
    found = flash.unsupported_shape_reason(spec, **({"block_size": 256, "dtype": torch.bfloat16} | changes))
    assert reason in found
    assert bool(reason) == bool(found)


def test_flash_attention_needs_a_gpu() -> None:
    found = flash.unsupported_reason(PLAIN, block_size=256, dtype=torch.bfloat16, device=torch.device("cpu"))
    assert found == "it needs an NVIDIA GPU"


@needs_cuda
@pytest.mark.parametrize("pick", [GatheredAttention, FlashAttention.from_batch])
def test_backends_agree_on_a_real_size(pick: Callable[[Batch], AttentionBackend]) -> None:
    spec = LayerSpec(heads=14, kv_heads=2, key_dim=64, value_dim=64, scale=0.125)
    chunks = [(900, 1), (0, 300), (511, 1), (256, 256), (1023, 1), (0, 1)]
    case = make_case(spec, chunks, block_size=256, dtype=torch.bfloat16, device="cuda")
    assert_right(case, case.attend(pick(case.batch)))
