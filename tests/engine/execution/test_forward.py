"""The forward pass: which backend computes a batch, and what happens when CUDA graphs cannot."""

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor

from service.engine.attention.batch import Batch
from service.engine.attention.kv_cache import KVCache
from service.engine.execution.cuda_graphs import DecodeGraphs, NotCapturable
from service.engine.execution.forward import NativeForward, TorchForward, make_forward_pass
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk, Step
from service.models.contracts.attention import Attention
from service.models.contracts.key_value_store import KeyValueStore
from service.models.contracts.language_model import NativeModel, TorchModel
from service.models.contracts.lora import AdapterRows, LinearShape, LoraAdapter
from service.models.contracts.step_view import Ints, StepView

CPU = torch.device("cpu")
HIDDEN = 4


class WithoutLinears:
    """A model that no adapter can change."""

    linears: Mapping[str, LinearShape] = {}

    def load_adapter(self, number: int, adapter: LoraAdapter) -> int:
        raise NotImplementedError

    def unload_adapter(self, number: int) -> None:
        raise NotImplementedError


class TorchStub(WithoutLinears, TorchModel):
    """Hidden states that are the tokens."""

    has_encoder = False
    backend = "torch"
    quantization = "none"
    architecture = "Stub"
    vocab_size = 10
    dtype = torch.float32
    device = CPU
    weights_bytes = 0

    def hidden(self, input_ids: Tensor, positions: Tensor, attention: Attention, adapters: AdapterRows = ()) -> Tensor:
        return input_ids[:, None].expand(-1, HIDDEN).float()

    find_likeliest = None

    def logits(self, hidden: Tensor) -> Tensor:
        return hidden


class NativeStub(WithoutLinears, NativeModel):
    """Hidden states that are ten times the tokens."""

    has_encoder = False
    backend = "native"
    quantization = "none"
    build = "stub"
    build_reason = "the only one"
    architecture = "Stub"
    vocab_size = 10
    dtype = torch.float32
    weights_bytes = 0
    store: KeyValueStore | None = None

    def attach_store(self, store: KeyValueStore) -> None:
        self.store = store

    def copy_blocks(self, copies: Ints) -> None:
        """There are no blocks."""

    def hidden(self, step: StepView) -> Tensor:
        return torch.from_numpy(10.0 * step.input_ids)[:, None].expand(-1, HIDDEN)

    def all_finite(self, hidden: Tensor) -> bool:
        return bool(hidden.isfinite().all())

    find_likeliest = None

    def logits(self, hidden: Tensor) -> Tensor:
        return hidden


class GraphsStub(DecodeGraphs):
    """Hidden states of -1, unless the model cannot be captured."""

    def __init__(self, *, capturable: bool) -> None:
        self.capturable = capturable
        self.calls = 0

    def hidden(self, batch: Batch) -> Tensor:
        self.calls += 1
        if not self.capturable:
            raise NotCapturable("the model waits for a result")
        return torch.full((batch.num_rows, HIDDEN), -1.0)


@pytest.fixture
def cache() -> KVCache:
    return KVCache([], num_blocks=8, block_size=4, dtype=torch.float32, device=CPU)


def make_batch(cache: KVCache, *chunks: tuple[int, int]) -> Batch:
    """Chunks (start, number of tokens) of sequences of the tokens 5, 6, 7, 8."""
    request = Request(id="a", prompt=(5, 6, 7, 8), params=SamplingParams(max_tokens=1))
    return Batch.from_step(
        Step([Chunk(Sequence(request, block_table=[number]), *chunk) for number, chunk in enumerate(chunks)]),
        cache,
        CPU,
    )


def test_a_native_model_gets_the_cache_once_and_then_batches(cache: KVCache) -> None:
    model = NativeStub()
    forward = make_forward_pass(model, cache, max_num_seqs=2, max_model_len=8, cuda_graphs=True)
    assert isinstance(forward, NativeForward)
    assert model.store is cache
    assert forward.hidden(make_batch(cache, (1, 3)))[:, 0].tolist() == [60, 70, 80]


def test_a_torch_model_gets_tokens_positions_and_attention(cache: KVCache) -> None:
    forward = make_forward_pass(TorchStub(), cache, max_num_seqs=2, max_model_len=8, cuda_graphs=False)
    assert isinstance(forward, TorchForward)
    assert forward.hidden(make_batch(cache, (1, 3)))[:, 0].tolist() == [6, 7, 8]


def test_only_steps_of_single_tokens_are_replayed_as_graphs(cache: KVCache) -> None:
    graphs = GraphsStub(capturable=True)
    forward = TorchForward(TorchStub(), cache, graphs)
    assert forward.hidden(make_batch(cache, (3, 1), (2, 1)))[:, 0].tolist() == [-1, -1]
    assert forward.hidden(make_batch(cache, (3, 1), (0, 2)))[:, 0].tolist() == [8, 5, 6]
    assert graphs.calls == 1


def test_a_model_that_cannot_be_captured_is_computed_without_graphs_from_then_on(cache: KVCache) -> None:
    graphs = GraphsStub(capturable=False)
    forward = TorchForward(TorchStub(), cache, graphs)
    for _ in range(2):
        assert forward.hidden(make_batch(cache, (3, 1)))[:, 0].tolist() == [8]
    assert graphs.calls == 1
