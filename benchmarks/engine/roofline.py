"""The roofline of this machine: bytes and operations per second at most, and matrix products of a model's shapes.

Peaks are measured with all threads at work, by ``peaks.cpp``. A product is measured over enough copies of its weights
that they come from memory, as they do in a step.
"""

import ctypes
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from ctypes import c_float, c_int64, c_void_p
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from service.models.native import kernels
from service.models.native.packer import DTYPES
from service.models.native.structures import BF16, F32, INT8, KernelLinear

ROWS = (1, 16, 64, 512)
_SOURCE = Path(__file__).parent / "peaks.cpp"
_FLOATS = 1 << 25  # numbers for each thread: far more than its share of the processor's cache
_TURNS = 4_000_000  # iterations of a loop of operations
_WEIGHTS = 192 << 20  # bytes of all copies of a product's weights
_NAMES = {F32: "float32", BF16: "bfloat16", INT8: "int8"}


@dataclass(frozen=True, slots=True)
class Peaks:
    """The most that all threads together can do in a second."""

    threads: int
    read: float  # bytes
    copy: float  # bytes read and bytes written
    float_operations: float  # an addition and a multiplication are two
    int8_operations: float


@dataclass(frozen=True, slots=True)
class Product:
    """The time of ``rows`` rows times a matrix of k times n."""

    name: str
    k: int
    n: int
    kind: str
    by: str  # what computes it: trivium or torch
    rows: int
    seconds: float
    bytes_per_second: float  # of weights
    operations_per_second: float


@dataclass(frozen=True, slots=True)
class Shape:
    """A matrix of a model: k inputs, n outputs."""

    name: str
    k: int
    n: int


def measure_peaks(threads: int, rounds: int = 3) -> Peaks:
    """The best of ``rounds`` measurements. Raises OSError if the loops cannot be compiled."""
    with _library() as library, ThreadPoolExecutor(threads) as pool:
        arrays = [(np.ones(_FLOATS, np.float32), np.ones(_FLOATS, np.float32)) for _ in range(threads)]

        def fastest(call: Callable[[int], object]) -> float:
            return min(_seconds(lambda: list(pool.map(call, range(threads)))) for _ in range(rounds))

        bytes_each = threads * _FLOATS * 4
        read = fastest(lambda i: library.peak_read(arrays[i][0].ctypes.data, _FLOATS))
        copy = fastest(lambda i: library.peak_copy(arrays[i][1].ctypes.data, arrays[i][0].ctypes.data, _FLOATS))
        operations = [
            threads * function(1) * _TURNS / fastest(partial(_run_turns, function))
            for function in (library.peak_float, library.peak_int8)
        ]
        return Peaks(threads, bytes_each / read, 2 * bytes_each / copy, *operations)


def _run_turns(function: Callable[[int], object], _thread: int) -> None:
    function(_TURNS)


@contextmanager
def _library() -> Iterator[ctypes.CDLL]:
    with tempfile.TemporaryDirectory() as directory:
        build = kernels.find_build()
        if build is None:
            raise OSError("there are no compiled kernels for this type of processor")
        library = ctypes.CDLL(str(kernels.compile_library(build, Path(directory) / "peaks.so", _SOURCE)))
        for name, result, arguments in (
            ("peak_read", c_float, [c_void_p, c_int64]),
            ("peak_copy", c_float, [c_void_p, c_void_p, c_int64]),
            ("peak_float", c_int64, [c_int64]),
            ("peak_int8", c_int64, [c_int64]),
        ):
            getattr(library, name).restype, getattr(library, name).argtypes = result, arguments
        yield library


def measure_products(shape: Shape, threads: int, rows: tuple[int, ...] = ROWS) -> Iterator[Product]:
    """Products of ``shape`` by the kernels and by torch, in each of their number types."""
    compiled = kernels.load()
    assert compiled is not None
    team = compiled.trivium_create_team(threads)
    try:
        for kind in (BF16, INT8, F32):
            panels, linears = _pack_num_copies(compiled, shape, kind)
            for count in rows:
                x, y = torch.randn(count, shape.k), torch.empty(count, shape.n)
                calls: list[Callable[[], object]] = [
                    partial(compiled.trivium_linear, team, linear, x.data_ptr(), count, y.data_ptr())
                    for linear in linears
                ]
                yield _measure_product(shape, _NAMES[kind], "trivium", count, calls, panels.element_size())
            del panels, linears
    finally:
        compiled.trivium_delete_team(team)
    for dtype in (torch.bfloat16, torch.float32):
        weights = torch.randn(shape.n, shape.k, dtype=dtype).repeat(_num_copies(shape, dtype.itemsize), 1, 1)
        for count in rows:
            x = torch.randn(count, shape.k, dtype=dtype)
            calls = [partial(functional.linear, x, weight) for weight in weights]
            yield _measure_product(shape, str(dtype).removeprefix("torch."), "torch", count, calls, dtype.itemsize)


def _pack_num_copies(compiled: ctypes.CDLL, shape: Shape, kind: int) -> tuple[torch.Tensor, list[KernelLinear]]:
    """Copies of a random matrix in panels. They live as long as the returned tensor, which also keeps the scales."""
    pair = 4 * compiled.trivium_lanes()
    padded, depth = -(-shape.n // pair) * pair, -(-shape.k // 2) * 2
    weight, one, scales = (
        torch.randn(shape.n, shape.k),
        torch.zeros(padded * depth, dtype=DTYPES[kind]),
        torch.ones(padded),
    )
    compiled.trivium_pack(weight.data_ptr(), F32, one.data_ptr(), kind, scales.data_ptr(), shape.n, shape.k)
    panels = one.repeat(_num_copies(shape, one.element_size()), 1)
    panels.scales = scales  # type: ignore[attr-defined]
    linear = partial(KernelLinear, scales=scales.data_ptr(), n=shape.n, k=shape.k, kind=kind)
    return panels, [linear(panels=copy.data_ptr()) for copy in panels]


def _num_copies(shape: Shape, size: int) -> int:
    return max(1, _WEIGHTS // (shape.n * shape.k * size))


def _measure_product(
    shape: Shape, kind: str, by: str, rows: int, calls: list[Callable[[], object]], size: int, rounds: int = 3
) -> Product:
    """The fastest of ``rounds`` passes over all copies, or over as many of them as take a third of a second."""
    calls[0]()
    once = _seconds(calls[-1])
    some = calls[: max(1, int(0.3 / once))]
    seconds = min(_seconds(lambda: [call() for call in some]) for _ in range(rounds)) / len(some)
    weights = shape.n * shape.k
    return Product(
        shape.name, shape.k, shape.n, kind, by, rows, seconds, weights * size / seconds, 2 * rows * weights / seconds
    )


def _seconds(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin
