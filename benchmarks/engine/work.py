"""The bytes and operations that the parts of a step need, and the least time that these take."""

from dataclasses import dataclass

from benchmarks.engine.peaks import Peaks
from benchmarks.engine.products import ProductShape
from benchmarks.engine.timed_engine import StepRound, part_of_module
from service.engine.execution.runner import ModelRunner
from service.models.hf.causal_lm import CausalLM
from service.models.native.decoder import NativeDecoder
from service.models.native.structures import INT8

_LINEARS = ("qkv", "o", "up", "down")


@dataclass(frozen=True, slots=True)
class StepWork:
    """The work of a model's parts in a step. The step reads each weight once, however many rows it has."""

    shapes: list[ProductShape]  # the products of one layer and of the head; empty without the native kernels
    linear_weights: int
    linear_bytes: int
    eight_bits: bool
    head_weights: int
    head_bytes: int
    token_bytes: int  # keys and values of one token in all layers
    pair_operations: int  # of a row that attends to one token, in all layers

    @classmethod
    def from_runner(cls, runner: ModelRunner) -> "StepWork":
        """The work of the runner's model."""
        model, cache = runner.model, runner.cache
        assert isinstance(model, NativeDecoder | CausalLM)
        config, size = model.config, model.dtype.itemsize
        shapes = []
        if isinstance(model, NativeDecoder):
            linears = [getattr(layer, name) for layer in model.weights.layers for name in _LINEARS]
            weights = sum(linear.n * linear.k for linear in linears)
            shapes = [ProductShape(name, linear.k, linear.n) for name, linear in zip(_LINEARS, linears, strict=False)]
            shapes.append(ProductShape("head", config.hidden_size, config.vocab_size))
            eight_bits = linears[0].kind == INT8
        else:
            modules = model.module.get_decoder().modules()  # type: ignore[operator]
            weights = sum(module.weight.numel() for module in modules if part_of_module(module) == "linears")
            eight_bits = False
        head = config.hidden_size * config.vocab_size
        specs = [layer.spec for layer in cache.layers]
        return cls(
            shapes=shapes,
            linear_weights=weights,
            linear_bytes=weights * (1 if eight_bits else size),
            eight_bits=eight_bits,
            head_weights=head,
            head_bytes=head * size,
            token_bytes=cache.num_bytes // ((cache.num_blocks + 1) * cache.block_size),
            pair_operations=sum(2 * spec.heads * (spec.key_dim + spec.value_dim) for spec in specs),
        )

    def limits(self, measured: StepRound, peaks: Peaks) -> dict[str, tuple[float, float]]:
        """The least seconds of linears, attention and head in a round: for their bytes, and for their operations."""
        speed = peaks.float_operations
        linear_speed = peaks.int8_operations if self.eight_bits else speed
        return {
            "linears": (
                measured.steps * self.linear_bytes / peaks.read,
                2 * measured.rows * self.linear_weights / linear_speed,
            ),
            "attention": (measured.read * self.token_bytes / peaks.read, measured.seen * self.pair_operations / speed),
            "head": (
                (measured.steps if measured.sampled else 0) * self.head_bytes / peaks.read,
                2 * measured.sampled * self.head_weights / speed,
            ),
        }
