"""Compiles the kernels. Of several processes that need the same library, one compiles it and the others wait for it."""

import logging
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import filelock

logger = logging.getLogger(__name__)

SOURCE = Path(__file__).parent / "source"
PARTS = tuple(sorted(SOURCE.glob("*.cpp")))
FLAGS = ("-std=c++20", "-O3", "-fPIC", "-fno-math-errno", "-ffp-contract=fast", "-pthread")


@dataclass(slots=True, frozen=True)
class KernelBuild:
    """One way to compile the kernels."""

    name: str
    lanes: int  # float32 numbers in a vector
    flags: tuple[str, ...]
    needs: tuple[str, ...] = ()  # features of the processor, under Linux's names

    @property
    def block_size(self) -> int:
        """Columns of a panel, and tokens in a block of the KV cache: two vectors of them."""
        return 2 * self.lanes

    @property
    def options(self) -> tuple[str, ...]:
        """The compiler's options."""
        return (*self.flags, f"-DKERNEL_LANES={self.lanes}")


def compile_once(build: KernelBuild, path: Path) -> Path:
    """Compile the kernels into ``path``, unless another process does or did. Returns ``path``.

    The operating system frees the lock of a process that dies, and the next process compiles. Raises OSError or
    SubprocessError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(path.with_suffix(".lock"))
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        logger.info("waiting for another process that compiles the kernels for %s", build.name)
        lock.acquire()
    try:
        return path if path.is_file() else compile_library(build, path)
    finally:
        lock.release()


def find_compiler() -> str | None:
    """The C++ compiler that ``CXX`` names, or the first that is found; None if there is none."""
    return os.environ.get("CXX") or next(filter(None, map(shutil.which, ("g++", "clang++", "c++"))), None)


def compile_library(build: KernelBuild, path: Path, files: Sequence[Path] = PARTS) -> Path:
    """Compile ``files``, which may include the kernels' headers, into one library, ``path``. Returns ``path``.

    The files are compiled beside each other. Raises OSError or SubprocessError.
    """
    compiler = find_compiler()
    if compiler is None:
        raise FileNotFoundError("there is no C++ compiler (g++ or clang++)")
    begin = time.monotonic()
    logger.info("compiling the kernels for %s, once", build.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as directory, ThreadPoolExecutor(len(files)) as threads:
        objects = [f"{directory}/{file.stem}.o" for file in files]
        output = Path(directory) / path.name  # moved when it is complete, as other processes may look for it
        flags = [*FLAGS, *build.options]

        def compile_file(file: Path, target: str) -> None:
            _run([compiler, *flags, f"-I{SOURCE}", "-c", str(file), "-o", target])

        list(threads.map(compile_file, files, objects))
        _run([compiler, *flags, "-shared", *objects, "-o", str(output)])
        output.replace(path)
    logger.info("compiled in %.1f s into %s", time.monotonic() - begin, path)
    return path


def _run(command: list[str]) -> None:
    """Run the compiler. Raises OSError with what it says."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=1200, check=False)
    if done.returncode:
        raise OSError(f"{command[0]} failed: {done.stderr.strip()[:500]}")
