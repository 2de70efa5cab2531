"""The compiled kernels: found beside this file or in the user's cache, or compiled into that, once a processor type.

An image or a package brings them along by running ``python -m service.models.native.kernels``, which compiles them for
every processor type into this directory; then no compiler is needed where they run.
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
from functools import cache
from pathlib import Path
from typing import ClassVar

import torch
from platformdirs import user_cache_path

logger = logging.getLogger(__name__)

_HERE = Path(__file__).parent
_SOURCE = _HERE / "kernels.cpp"
_FLAGS = ("-std=c++20", "-O3", "-shared", "-fPIC", "-fno-math-errno", "-ffp-contract=fast", "-pthread")
_TYPES = {  # what torch calls the processor -> flags for it
    "AVX2": ("-march=x86-64-v3", "-mtune=generic", "-DLANES=8"),
    "AVX512": ("-march=x86-64-v4", "-mtune=generic", "-mprefer-vector-width=512", "-DLANES=16"),
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


@cache
def load() -> ctypes.CDLL | None:
    """The kernels for this processor; None, with the reason in the log, where they cannot be had."""
    kind = torch.backends.cpu.get_cpu_capability()
    if kind not in _TYPES:
        logger.info("there are no compiled kernels for a processor of type %s", kind)
        return None
    name = f"kernels-{_fingerprint()}-{kind.lower()}.so"
    try:
        path = next(_existing(name), None) or _compile(kind, user_cache_path("trivium") / "native" / name)
        return declare(ctypes.CDLL(str(path)))
    except (OSError, subprocess.SubprocessError) as error:
        logger.warning("computing without compiled kernels: %s", str(error))
        return None


def declare(loaded: ctypes.CDLL) -> ctypes.CDLL:
    """Give the functions their types."""
    for function, (result, arguments) in _SIGNATURES.items():
        getattr(loaded, function).restype = result
        getattr(loaded, function).argtypes = arguments
    return loaded


def _existing(name: str) -> Iterator[Path]:
    places = (_HERE, user_cache_path("trivium") / "native")
    return (place / name for place in places if (place / name).is_file())


def _fingerprint() -> str:
    what = _SOURCE.read_bytes() + repr((_FLAGS, _TYPES)).encode()
    return hashlib.sha256(what).hexdigest()[:16]


def _compile(kind: str, path: Path, source: Path = _SOURCE) -> Path:
    """Raises OSError or SubprocessError."""
    compiler = os.environ.get("CXX") or next(filter(None, map(shutil.which, ("g++", "clang++", "c++"))), None)
    if compiler is None:
        raise FileNotFoundError("there is no C++ compiler (g++ or clang++)")
    begin = time.monotonic()
    logger.info("compiling the kernels for %s, once", kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as directory:
        made = Path(directory) / path.name
        command = [compiler, *_FLAGS, *_TYPES[kind], f"-I{_HERE}", str(source), "-o", str(made)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            raise OSError(f"{compiler} failed: {done.stderr.strip()[:500]}")
        made.replace(path)
    logger.info("compiled in %.1f s into %s", time.monotonic() - begin, path)
    return path


def main() -> None:
    """Compile for every processor type into this directory."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for kind in _TYPES:
        _compile(kind, _HERE / f"kernels-{_fingerprint()}-{kind.lower()}.so")


if __name__ == "__main__":
    main()
