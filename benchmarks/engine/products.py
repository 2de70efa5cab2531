"""The speed of matrix products at a model's shapes, with the native kernels and with torch.

A product is measured over enough copies of its weights that they come from memory, as they do in a step.
"""

import ctypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch.nn import functional

from benchmarks.engine.peaks import seconds_of
from service.models.native import kernels
from service.models.native.matrices import pack
from service.models.native.structures import BF16, F32, INT8, Q4_1, KernelLinear
from service.models.native.weight_memory import WeightMemory

ROWS = (1, 16, 64, 512)
_WEIGHT_BYTES = 192 << 20  # of all copies of a product's weights
_TURN_SECONDS = 0.3
_KIND_NAMES = {BF16: "bfloat16", INT8: "int8", Q4_1: "int4", F32: "float32"}


@dataclass(frozen=True, slots=True)
class ProductShape:
    """A product of rows with a matrix of k times n."""

    name: str
    k: int
    n: int


@dataclass(frozen=True, slots=True)
class ProductSpeed:
    """The measured speed of a product of ``rows`` rows with a matrix of k times n."""

    name: str
    k: int
    n: int
    kind: str  # the number type of the weights
    by: str  # trivium or torch
    rows: int
    seconds: float
    bytes_per_second: float  # of weights
    operations_per_second: float


def measure_products(shape: ProductShape, threads: int, rows: tuple[int, ...] = ROWS) -> Iterator[ProductSpeed]:
    """The speed of this product with the kernels and with torch, in each number type that they have."""
    compiled = kernels.load()
    assert compiled is not None
    team = compiled.trivium_create_team(threads)
    try:
        for kind in _KIND_NAMES:
            panels, linears = _packed_copies(compiled, team, shape, kind)
            for count in rows:
                x, y = torch.randn(count, shape.k), torch.empty(count, shape.n)
                calls: list[Callable[[], object]] = [
                    partial(compiled.trivium_linear, team, linear, x.data_ptr(), count, y.data_ptr(), shape.n)
                    for linear in linears
                ]
                yield _measure(shape, _KIND_NAMES[kind], "trivium", count, calls, panels[0].nbytes)
            del panels, linears
    finally:
        compiled.trivium_delete_team(team)
    for dtype in (torch.bfloat16, torch.float32):
        weights = torch.randn(shape.n, shape.k, dtype=dtype).repeat(
            _num_copies(dtype.itemsize * shape.n * shape.k), 1, 1
        )
        for count in rows:
            x = torch.randn(count, shape.k, dtype=dtype)
            calls = [partial(functional.linear, x, weight) for weight in weights]
            yield _measure(shape, str(dtype).removeprefix("torch."), "torch", count, calls, weights[0].nbytes)


def _packed_copies(
    compiled: ctypes.CDLL, team: int, shape: ProductShape, kind: int
) -> tuple[torch.Tensor, list[KernelLinear]]:
    """Copies of a random matrix in panels. They are valid while the tensor lives."""
    memory = WeightMemory()
    packed, linear = pack(compiled, team, torch.randn(shape.n, shape.k), kind, memory)
    copies = _num_copies(packed.nbytes)
    panels = memory.allocate(copies * packed.nbytes).view(copies, -1)
    panels.copy_(packed)
    sizes = {"n": shape.n, "k": shape.k, "stripe": linear.stripe, "kind": linear.kind}
    return panels, [KernelLinear(panels=copy.data_ptr(), **sizes) for copy in panels]


def _num_copies(nbytes: int) -> int:
    return max(1, _WEIGHT_BYTES // nbytes)


def _measure(
    shape: ProductShape, kind: str, by: str, rows: int, calls: list[Callable[[], object]], nbytes: int, rounds: int = 3
) -> ProductSpeed:
    """The fastest of ``rounds`` turns. A turn calls each copy once, for at most about ``_TURN_SECONDS``."""
    calls[0]()
    one_call = seconds_of(calls[-1])
    turn = calls[: max(1, int(_TURN_SECONDS / one_call))]
    seconds = min(seconds_of(lambda: [call() for call in turn]) for _ in range(rounds)) / len(turn)
    operations = 2 * rows * shape.n * shape.k
    return ProductSpeed(shape.name, shape.k, shape.n, kind, by, rows, seconds, nbytes / seconds, operations / seconds)
