"""The compiled kernels: loaded from this directory or the user's cache, or else compiled into that cache once.

The build depends on the processor, whose vector registers hold 8 numbers (AVX2) or 16 (AVX512), and on the model: if
the size of its heads or of its KV blocks does not fit the wide layout, the narrow one computes it, on any processor.
The environment variable ``TRIVIUM_LANES`` (8 or 16) says which layout is preferred. It exists for tests: a build for 16
lanes runs on a processor with AVX2 as well, in two registers for each vector, so one machine can test both layouts.

``python -m service.models.native.kernels`` compiles the kernels for every processor type into this directory. An image
or a package that is built this way needs no compiler at run time.
"""

import ctypes
import hashlib
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import torch
from platformdirs import user_cache_path

from service.errors import EngineError
from service.models.native.compiler import FLAGS, SOURCE, KernelBuild, compile_library, compile_once
from service.models.native.structures import declare

logger = logging.getLogger(__name__)

LANES_VARIABLE = "TRIVIUM_LANES"

DIRECTORY = Path(__file__).parent  # where shipped libraries are
_AVX2 = ("-march=x86-64-v3", "-mtune=generic")
_AVX512 = ("-march=x86-64-v4", "-mtune=generic", "-mprefer-vector-width=512")

_NARROW = KernelBuild("avx2", 8, (*_AVX2, "-DKERNEL_LANES=8"))
_WIDE = KernelBuild("avx512", 16, (*_AVX512, "-DKERNEL_LANES=16"))
_WIDE_ON_AVX2 = KernelBuild("avx2-16-lanes", 16, (*_AVX2, "-DKERNEL_LANES=16", "-Wno-psabi"))  # slow, for tests
_SHIPPED = (_NARROW, _WIDE)
SMALLEST_BLOCK = _NARROW.block_size
# torch's name of a processor type -> lanes -> the build. The first one is preferred.
_BUILDS = {
    "AVX2": {8: _NARROW, 16: _WIDE_ON_AVX2},
    "AVX512": {16: _WIDE, 8: _NARROW},
}


def load(*sizes: int) -> ctypes.CDLL | None:
    """The library of ``find_build``, or None if it cannot be loaded or compiled; the reason is logged.

    Raises EngineError if ``TRIVIUM_LANES`` is neither 8 nor 16.
    """
    build = find_build(*sizes)
    return None if build is None else load_build(build)


def block_size(*sizes: int) -> int:
    """Tokens in a block of the KV cache, as the kernels of ``load(*sizes)`` lay it out. There must be such kernels."""
    build = find_build(*sizes)
    assert build is not None
    return build.block_size


def find_build(*sizes: int) -> KernelBuild | None:
    """The preferred build for this processor whose block size divides all ``sizes``; None if there is none.

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
    preferred = builds[int(lanes)]
    ranked = (preferred, *(build for build in builds.values() if build is not preferred))
    return next((build for build in ranked if not any(size % build.block_size for size in sizes)), None)


@cache
def load_build(build: KernelBuild) -> ctypes.CDLL | None:
    """The library of one build, or None if it cannot be loaded or compiled; the reason is logged."""
    try:
        path = existing_library(build) or compile_once(build, user_cache_path("trivium") / "native" / file_name(build))
        return declare(ctypes.CDLL(str(path)))
    except (OSError, subprocess.SubprocessError) as error:
        logger.warning("computing without compiled kernels: %s", error)
        return None


def existing_library(build: KernelBuild) -> Path | None:
    """The file of a build that was compiled already, here or into the user's cache."""
    return next(_existing_files(file_name(build)), None)


def _existing_files(name: str) -> Iterator[Path]:
    """The files called ``name`` in this directory and in the user's cache."""
    directories = (DIRECTORY, user_cache_path("trivium") / "native")
    return (directory / name for directory in directories if (directory / name).is_file())


def file_name(build: KernelBuild) -> str:
    """A name that changes with the source and the flags, so that an outdated file is never loaded."""
    content = b"".join(file.read_bytes() for file in sorted(SOURCE.iterdir())) + repr((FLAGS, build)).encode()
    return f"kernels-{hashlib.sha256(content).hexdigest()[:16]}-{build.name}.so"


def main() -> None:
    """Compile for every processor type into this directory."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for build in _SHIPPED:
        compile_library(build, DIRECTORY / file_name(build))


if __name__ == "__main__":
    main()
