"""The compiled kernels: found beside this file or in the user's cache, or else compiled into that cache once.

Which build is loaded depends on the processor: its vector registers hold 8 numbers (AVX2) or 16 (AVX512). The
environment variable ``TRIVIUM_LANES`` (8 or 16) overrides that. It exists for tests: a build for 16 lanes runs on a
processor with AVX2 as well, in two registers for each vector, so one machine can test both layouts.

``python -m service.models.native.kernels`` compiles the kernels for every processor type into this directory. An image
or a package that was built so needs no compiler where it runs.
"""

import ctypes
import hashlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from ctypes import POINTER, Structure, c_float, c_int, c_int32, c_int64, c_void_p
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

import torch
from platformdirs import user_cache_path

from service.errors import EngineError

logger = logging.getLogger(__name__)

LANES_VARIABLE = "TRIVIUM_LANES"

_HERE = Path(__file__).parent
_SOURCE = _HERE / "kernels.cpp"
_FLAGS = ("-std=c++20", "-O3", "-shared", "-fPIC", "-fno-math-errno", "-ffp-contract=fast", "-pthread")
_AVX2 = ("-march=x86-64-v3", "-mtune=generic")
_AVX512 = ("-march=x86-64-v4", "-mtune=generic", "-mprefer-vector-width=512")


@dataclass(slots=True, frozen=True)
class KernelBuild:
    """One way to compile the kernels."""

    name: str
    lanes: int  # float32 numbers in a vector
    flags: tuple[str, ...]


_NARROW = KernelBuild("avx2", 8, (*_AVX2, "-DLANES=8"))
_WIDE = KernelBuild("avx512", 16, (*_AVX512, "-DLANES=16"))
_WIDE_ON_AVX2 = KernelBuild("avx2-16-lanes", 16, (*_AVX2, "-DLANES=16", "-Wno-psabi"))  # for tests only: it is slow
_SHIPPED = (_NARROW, _WIDE)
# torch's name of a processor type -> lanes -> the build. The first one is the default.
_BUILDS = {
    "AVX2": {8: _NARROW, 16: _WIDE_ON_AVX2},
    "AVX512": {16: _WIDE, 8: _NARROW},
}

F32, BF16, INT8 = range(3)
PARTS = ("embedding", "norms", "positions", "linears", "attention")  # of a step, as ``times`` counts them


class Linear(Structure):
    """A packed weight matrix. Pointers belong to tensors that whoever makes this keeps alive."""

    _fields_: ClassVar = [
        ("panels", c_void_p),
        ("scales", c_void_p),
        ("bias", c_void_p),
        ("n", c_int64),
        ("k", c_int64),
        ("kind", c_int32),
        ("gated", c_int32),
    ]


class Layer(Structure):
    _fields_: ClassVar = [
        *((name, Linear) for name in ("qkv", "o", "up", "down")),
        *((name, c_void_p) for name in ("input_norm", "post_norm", "q_norm", "k_norm", "keys", "values")),
        ("scale", c_float),
        ("window", c_int32),
    ]


class Decoder(Structure):
    _fields_: ClassVar = [
        ("layers", POINTER(Layer)),
        *((name, c_int64) for name in ("num_layers", "hidden", "heads", "kv_heads", "head_dim", "inner")),
        *((name, c_void_p) for name in ("embeddings", "norm", "cosines", "sines")),
        ("eps", c_float),
        ("embedding_kind", c_int32),
        ("cache_kind", c_int32),
    ]


class Step(Structure):
    _fields_: ClassVar = [
        *((name, c_void_p) for name in ("ids", "positions", "slots", "offsets", "contexts", "tables")),
        *((name, c_int64) for name in ("rows", "chunks", "width")),
        ("times", c_void_p),
    ]


_SIGNATURES = {
    "trivium_lanes": (c_int, []),
    "trivium_team": (c_void_p, [c_int]),
    "trivium_disband": (None, [c_void_p]),
    "trivium_pack": (None, [c_void_p, c_int32, c_void_p, c_int32, c_void_p, c_int64, c_int64]),
    "trivium_linear": (None, [c_void_p, POINTER(Linear), c_void_p, c_int64, c_void_p]),
    "trivium_step": (None, [c_void_p, POINTER(Decoder), POINTER(Step), c_void_p]),
}


def load() -> ctypes.CDLL | None:
    """The kernels for this processor, or None if they cannot be had; the reason is logged.

    Raises EngineError if ``TRIVIUM_LANES`` is neither 8 nor 16.
    """
    build = find_build()
    return None if build is None else _load(build)


def find_build() -> KernelBuild | None:
    """The build for this processor and ``TRIVIUM_LANES``; None if there is none for this type of processor.

    Raises EngineError if ``TRIVIUM_LANES`` is neither 8 nor 16.
    """
    kind = torch.backends.cpu.get_cpu_capability()
    if kind not in _BUILDS:
        logger.info("there are no compiled kernels for a processor of type %s", kind)
        return None
    builds = _BUILDS[kind]
    lanes = os.environ.get(LANES_VARIABLE) or str(next(iter(builds)))
    if lanes not in map(str, builds):
        raise EngineError(f"{LANES_VARIABLE} is {lanes}: it must be 8 or 16")
    return builds[int(lanes)]


@cache
def _load(build: KernelBuild) -> ctypes.CDLL | None:
    name = _file_name(build)
    try:
        path = next(_existing(name), None) or compile_library(build, user_cache_path("trivium") / "native" / name)
        return declare(ctypes.CDLL(str(path)))
    except (OSError, subprocess.SubprocessError) as error:
        logger.warning("computing without compiled kernels: %s", error)
        return None


def declare(library: ctypes.CDLL) -> ctypes.CDLL:
    """Give the functions their types."""
    for function, (result, arguments) in _SIGNATURES.items():
        getattr(library, function).restype = result
        getattr(library, function).argtypes = arguments
    return library


def compile_library(build: KernelBuild, path: Path, source: Path = _SOURCE) -> Path:
    """Compile ``source`` into ``path`` and return that. Raises OSError or SubprocessError."""
    compiler = os.environ.get("CXX") or next(filter(None, map(shutil.which, ("g++", "clang++", "c++"))), None)
    if compiler is None:
        raise FileNotFoundError("there is no C++ compiler (g++ or clang++)")
    begin = time.monotonic()
    logger.info("compiling the kernels for %s, once", build.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as directory:
        output = Path(directory) / path.name  # moved when it is whole: other processes may look for it meanwhile
        command = [compiler, *_FLAGS, *build.flags, f"-I{_HERE}", str(source), "-o", str(output)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            raise OSError(f"{compiler} failed: {done.stderr.strip()[:500]}")
        output.replace(path)
    logger.info("compiled in %.1f s into %s", time.monotonic() - begin, path)
    return path


def _existing(name: str) -> Iterator[Path]:
    directories = (_HERE, user_cache_path("trivium") / "native")
    return (directory / name for directory in directories if (directory / name).is_file())


def _file_name(build: KernelBuild) -> str:
    """A name that changes with the source and the flags, so that an outdated file is never loaded."""
    content = _SOURCE.read_bytes() + repr((_FLAGS, build)).encode()
    return f"kernels-{hashlib.sha256(content).hexdigest()[:16]}-{build.name}.so"


def main() -> None:
    """Compile for every processor type into this directory."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for build in _SHIPPED:
        compile_library(build, _HERE / _file_name(build))


if __name__ == "__main__":
    main()
