"""The peaks of this machine: the bytes and operations per second of loops that do only one thing (``peaks.cpp``).

This is the roofline model of Williams, Waterman and Patterson (2009): a part that reads many bytes or does many
operations cannot take less time than the peaks allow.
"""

import ctypes
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from ctypes import c_float, c_int64, c_void_p
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from service.models.native import kernels
from service.models.native.compiler import compile_library

_SOURCE = Path(__file__).parent / "peaks.cpp"
_FLOATS = 1 << 25  # of each thread: far more than its share of a CPU cache
_ITERATIONS = 4_000_000


@dataclass(frozen=True, slots=True)
class Peaks:
    """The peaks of all threads together, per second."""

    threads: int
    read: float  # bytes
    copy: float  # bytes read and bytes written
    float_operations: float  # an addition and a multiplication are two
    int8_operations: float
    int4_operations: float  # with products of bytes


def measure_peaks(threads: int, rounds: int = 3) -> Peaks:
    """The fastest of ``rounds`` on ``threads`` threads. Raises OSError if there is no compiler."""
    with _compiled_loops() as loops, ThreadPoolExecutor(threads) as pool:
        arrays = [(np.ones(_FLOATS, np.float32), np.ones(_FLOATS, np.float32)) for _ in range(threads)]

        def fastest(call: Callable[[int], object]) -> float:
            """Seconds of ``call`` on all threads at once. It gets the thread's number."""
            return min(seconds_of(lambda: list(pool.map(call, range(threads)))) for _ in range(rounds))

        def operations_per_second(loop: Callable[[int], int]) -> float:
            operations = threads * loop(1) * _ITERATIONS
            return operations / fastest(lambda _thread: loop(_ITERATIONS))

        read = fastest(lambda i: loops.peak_read(arrays[i][0].ctypes.data, _FLOATS))
        copy = fastest(lambda i: loops.peak_copy(arrays[i][1].ctypes.data, arrays[i][0].ctypes.data, _FLOATS))
        read_bytes = threads * _FLOATS * 4
        return Peaks(
            threads=threads,
            read=read_bytes / read,
            copy=2 * read_bytes / copy,
            float_operations=operations_per_second(loops.peak_float),
            int8_operations=operations_per_second(loops.peak_int8),
            int4_operations=operations_per_second(loops.peak_int4),
        )


def seconds_of(call: Callable[[], object]) -> float:
    """The duration of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@contextmanager
def _compiled_loops() -> Iterator[ctypes.CDLL]:
    with tempfile.TemporaryDirectory() as directory:
        build = kernels.find_build()
        if build is None:
            raise OSError("there are no compiled kernels for this type of processor")
        library = ctypes.CDLL(str(compile_library(build, Path(directory) / "peaks.so", [_SOURCE])))
        for name, result, arguments in (
            ("peak_read", c_float, [c_void_p, c_int64]),
            ("peak_copy", c_float, [c_void_p, c_void_p, c_int64]),
            ("peak_float", c_int64, [c_int64]),
            ("peak_int8", c_int64, [c_int64]),
            ("peak_int4", c_int64, [c_int64]),
        ):
            getattr(library, name).restype, getattr(library, name).argtypes = result, arguments
        yield library
