"""The bytes and operations that the parts of a step need, and the least time that these take."""

from collections import Counter
from dataclasses import dataclass

from benchmarks.engine.peaks import Peaks
from benchmarks.engine.products import ProductShape
from benchmarks.engine.timed_engine import StepRound, part_of_module
from service.engine.execution.runner import ModelRunner
from service.models.hf.causal_lm import CausalLM
from service.models.native.decoder import NativeDecoder
from service.models.native.matrices import packed_bytes, parts_of
from service.models.native.structures import BF16, F16, F32, INT8, Q8_0, TILED, KernelLinear

_LINEARS = ("qkv", "o", "up", "down")


@dataclass(frozen=True, slots=True)
class StepWork:
    """The work of a model's parts in a step. The step reads each weight once, however many rows it has."""

    shapes: list[ProductShape]  # the products of one layer and of the head; empty without the native kernels
    linear_weights: int
    linear_bytes: int
    linear_kind: int  # the kind of most of their numbers
    head_weights: int
    head_bytes: int
    head_kind: int
    token_bytes: int  # keys and values of one token in all layers
    pair_operations: int  # of a row that attends to one token, in all layers

    @classmethod
    def from_runner(cls, runner: ModelRunner) -> "StepWork":
        """The work of the runner's model."""
        model, cache = runner.model, runner.cache
        assert isinstance(model, NativeDecoder | CausalLM)
        size = model.dtype.itemsize
        shapes = []
        if isinstance(model, NativeDecoder):
            fused = [[*parts_of(getattr(layer, name))] for layer in model.weights.layers for name in _LINEARS]
            shapes = [
                ProductShape(name, parts[0].k, sum(part.n for part in parts))
                for name, parts in zip(_LINEARS, fused, strict=False)
            ]
            hidden_size, vocab_size = model.layout.hidden_size, model.layout.vocab_size
            shapes.append(ProductShape("head", hidden_size, vocab_size))
            linears = [part for parts in fused for part in parts]
            weights = sum(linear.n * linear.k for linear in linears)
            linear_bytes, linear_kind = (
                sum(packed_bytes(model.library, linear) for linear in linears),
                _kind_of_most(linears),
            )
            head_bytes, head_kind = packed_bytes(model.library, model.weights.head), model.weights.head.kind
        else:
            modules = model.module.get_decoder().modules()  # type: ignore[operator]
            weights = sum(module.weight.numel() for module in modules if part_of_module(module) == "linears")
            hidden_size, vocab_size = model.config.hidden_size, model.config.vocab_size
            linear_bytes, linear_kind = weights * size, F32
            head_bytes, head_kind = hidden_size * vocab_size * size, F32
        specs = [layer.spec for layer in cache.layers]
        return cls(
            shapes=shapes,
            linear_weights=weights,
            linear_bytes=linear_bytes,
            linear_kind=linear_kind,
            head_weights=hidden_size * vocab_size,
            head_bytes=head_bytes,
            head_kind=head_kind,
            token_bytes=cache.num_bytes // ((cache.num_blocks + 1) * cache.block_size),
            pair_operations=sum(2 * spec.heads * (spec.key_dim + spec.value_dim) for spec in specs),
        )

    def limits(self, measured: StepRound, peaks: Peaks) -> dict[str, tuple[float, float]]:
        """The least seconds of linears, attention and head in a round: for their bytes, and for their operations."""
        return {
            "linears": (
                measured.steps * self.linear_bytes / peaks.read,
                2 * measured.rows * self.linear_weights / _speed(self.linear_kind, peaks),
            ),
            "attention": (
                measured.read * self.token_bytes / peaks.read,
                measured.seen * self.pair_operations / peaks.float_operations,
            ),
            "head": (
                (measured.steps if measured.sampled else 0) * self.head_bytes / peaks.read,
                2 * measured.sampled * self.head_weights / _speed(self.head_kind, peaks),
            ),
        }


def _speed(kind: int, peaks: Peaks) -> float:
    """The operations per second of products with weights of this kind."""
    if kind in (INT8, Q8_0):
        return peaks.int8_operations
    return peaks.float_operations if kind in (F32, BF16, F16, TILED) else peaks.int4_operations


def _kind_of_most(linears: list[KernelLinear]) -> int:
    counts: Counter[int] = Counter()
    for linear in linears:
        counts[linear.kind] += linear.n * linear.k
    return max(counts, key=lambda kind: counts[kind])
