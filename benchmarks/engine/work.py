"""The bytes that the parts of a step read and the operations that they do, and the time that these take at least."""

from dataclasses import dataclass
from typing import Self

from benchmarks.engine.roofline import Peaks, Shape
from benchmarks.engine.timed_engine import Round, part_of
from service.engine.execution.runner import ModelRunner
from service.models.hf.causal_lm import CausalLM
from service.models.native.decoder import NativeDecoder
from service.models.native.structures import INT8

_LINEARS = ("qkv", "o", "up", "down")


@dataclass(frozen=True, slots=True)
class Work:
    """The work of the model's parts. A step reads the weights that it uses once, whatever the number of its rows."""

    shapes: list[Shape]  # of the products of one layer, then the head; empty if torch computes
    linear_weights: int
    linear_bytes: int
    is_int8: bool
    head_weights: int
    head_bytes: int
    token_bytes: int  # keys and values of one token in all layers
    pair_operations: int  # of one row that sees one token, in all layers

    @classmethod
    def from_runner(cls, runner: ModelRunner) -> Self:
        """The work of the model that ``runner`` has loaded."""
        model, cache = runner.model, runner.cache
        assert isinstance(model, NativeDecoder | CausalLM)
        config, size = model.config, model.dtype.itemsize
        shapes = []
        if isinstance(model, NativeDecoder):
            linears = [getattr(layer, name) for layer in model.weights.layers for name in _LINEARS]
            weights = sum(linear.n * linear.k for linear in linears)
            shapes = [Shape(name, linear.k, linear.n) for name, linear in zip(_LINEARS, linears, strict=False)]
            shapes.append(Shape("head", config.hidden_size, config.vocab_size))
            is_int8 = linears[0].kind == INT8
        else:
            modules = model._decoder.modules()
            weights = sum(module.weight.numel() for module in modules if part_of(module) == "linears")
            is_int8 = False
        head = config.hidden_size * config.vocab_size
        specs = [layer.spec for layer in cache.layers]
        return cls(
            shapes=shapes,
            linear_weights=weights,
            linear_bytes=weights * (1 if is_int8 else size),
            is_int8=is_int8,
            head_weights=head,
            head_bytes=head * size,
            token_bytes=sum(spec.values_per_token for spec in specs) * size,
            pair_operations=sum(2 * spec.heads * (spec.key_dim + spec.value_dim) for spec in specs),
        )

    def limits(self, measured: Round, peaks: Peaks) -> dict[str, tuple[float, float]]:
        """For each part with a limit: the seconds that its bytes take at least, and those that its operations take."""
        speed = peaks.float_operations
        linear_speed = peaks.int8_operations if self.is_int8 else speed
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
