"""The compiled kernels: loaded from this directory or the user's cache, or else compiled into that cache once.

The fastest build that the processor runs is used (``builds.py``). If it cannot be compiled, or fails its self-test, the
next one takes its place. If the size of a model's heads or of its KV blocks does not fit a build's layout, a narrower
one computes that model.

The environment variable ``TRIVIUM_KERNELS`` names the build that is to be used instead: for comparisons and tests.

``python -m service.models.native.kernels`` compiles all builds for this machine's architecture into this directory. An
image or a package that is built this way needs no compiler at run time.
"""

import ctypes
import hashlib
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from platformdirs import user_cache_path

from service.errors import EngineError
from service.models.native.builds import PORTABLE, builds_for, named_builds
from service.models.native.compiler import FLAGS, SOURCE, KernelBuild, compile_library, compile_once
from service.models.native.processor import architecture, features
from service.models.native.structures import declare

logger = logging.getLogger(__name__)

VARIABLE = "TRIVIUM_KERNELS"
DIRECTORY = Path(__file__).parent  # where shipped libraries are

_libraries: dict[KernelBuild, ctypes.CDLL] = {}
_failures: dict[KernelBuild, str] = {}  # why a build cannot be used, which this process has found out


class Verdict(NamedTuple):
    """Whether a build is used for models that fit every build, and why."""

    build: KernelBuild
    is_used: bool
    reason: str


def load(*sizes: int) -> ctypes.CDLL | None:
    """The library of ``find_build``, or None if there is none. Builds that fail are logged and left out from then on.

    Raises EngineError as ``find_build`` does.
    """
    while (build := find_build(*sizes)) is not None:
        library = load_build(build)
        if library is not None:
            return library
    return None


def block_size(*sizes: int) -> int:
    """Tokens in a block of the KV cache, as the kernels of ``load(*sizes)`` lay it out. There must be such kernels."""
    build = find_build(*sizes)
    assert build is not None
    return build.block_size


def find_build(*sizes: int) -> KernelBuild | None:
    """The best build for this processor whose block size divides all ``sizes``; None if there is none.

    Raises EngineError if ``TRIVIUM_KERNELS`` names no build, or one that this processor does not run.
    """
    return next((each for each in _usable_builds() if not any(size % each.block_size for size in sizes)), None)


def smallest_block() -> int:
    """What every size must be a multiple of."""
    return min((build.block_size for build in _usable_builds()), default=PORTABLE.block_size)


def verdicts() -> list[Verdict]:
    """A verdict on each build for this architecture, the best build first.

    Raises EngineError as ``find_build`` does.
    """
    usable, forced = _usable_builds(), os.environ.get(VARIABLE)
    used = usable[0] if usable else None
    builds = builds_for(architecture())
    if used is not None and forced:
        builds = (used, *(build for build in builds if build is not used))
    rows = []
    for build in builds:
        if build is used:
            reason = f"{VARIABLE} names it" if forced else "the fastest that this processor runs"
        elif missing := _missing(build):
            reason = f"the processor has no {missing}"
        elif build in _failures:
            reason = _failures[build]
        elif used is not None and build in usable and build.block_size < used.block_size:
            reason = f"for models whose sizes do not fit {used.name}"
        else:
            reason = "not needed"
        rows.append(Verdict(build, build is used, reason))
    return rows


def choice_reason(name: str) -> str:
    """Why the build called ``name`` computes a model, in words, with what speaks against the better ones."""
    rows = verdicts()
    own = next(row for row in rows if row.build.name == name)
    better = [f"{row.build.name}: {row.reason}" for row in rows[: rows.index(own)]]
    return "; ".join((own.reason, *better))


def _usable_builds() -> list[KernelBuild]:
    """The builds that this processor runs and that have not failed, the one to be used first."""
    builds = [build for build in builds_for(architecture()) if not _missing(build) and build not in _failures]
    if len(builds) > 1:
        builds.remove(PORTABLE)  # it is no substitute where a model's sizes fit no other build: torch is faster
    forced = os.environ.get(VARIABLE)
    if not forced:
        return builds
    named = named_builds().get(forced)
    if named is None:
        raise EngineError(f"{VARIABLE} is {forced}: the builds for this processor are {', '.join(named_builds())}")
    if missing := _missing(named):
        raise EngineError(f"{VARIABLE} is {forced}: the processor has no {missing}")
    if named in _failures:
        raise EngineError(f"{VARIABLE} is {forced}: {_failures[named]}")
    return [named, *(build for build in builds if build.block_size < named.block_size)]


def _missing(build: KernelBuild) -> str:
    """The first feature that a build needs and the processor does not have; empty if it has all."""
    return next((feature for feature in build.needs if feature not in features()), "")


def load_build(build: KernelBuild) -> ctypes.CDLL | None:
    """The library of one build, or None if it cannot be loaded or compiled, or fails its self-test; that is logged."""
    if build not in _libraries and build not in _failures:
        try:
            path = existing_library(build) or compile_once(
                build, user_cache_path("trivium") / "native" / file_name(build)
            )
            library = declare(ctypes.CDLL(str(path)))
            if wrong := library.trivium_self_test():
                raise OSError(f"{path} computes {wrong.decode()} wrongly")
            _libraries[build] = library
        except (OSError, subprocess.SubprocessError) as error:
            logger.warning("the compiled kernels for %s cannot be used: %s", build.name, error)
            _failures[build] = str(error)
    return _libraries.get(build)


def forget_libraries() -> None:
    """Look for the libraries again, and try those that have failed."""
    _libraries.clear()
    _failures.clear()


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
    """Compile every build for this architecture into this directory. If one fails, the others are still compiled."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    failed = []
    for build in builds_for(architecture()):
        try:
            compile_library(build, DIRECTORY / file_name(build))
        except (OSError, subprocess.SubprocessError) as error:
            logger.warning("the kernels for %s cannot be compiled: %s", build.name, error)
            failed.append(build.name)
    if failed:
        sys.exit(f"there are no kernels for {', '.join(failed)}")


if __name__ == "__main__":
    main()
