"""Several processes need the kernels at once: one compiles them."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

# In place of a compiler: it writes the library that it is asked for when the test says so, or fails.
COMPILER = """#!/bin/sh
case "$*" in *" -c "*) exit 0 ;; esac
echo >> "{directory}/calls"
read -r answer < "{directory}/answers"
test "$answer" = compile || exit 1
for output; do :; done
echo library > "$output"
"""
PROCESS = """
import logging, sys
from pathlib import Path
from service.models.native.compiler import KernelBuild, compile_once
sys.stdout.reconfigure(line_buffering=True)
logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
try:
    print("has the", compile_once(KernelBuild("avx2", 8, ()), Path(sys.argv[1])).read_text().strip())
except OSError:
    print("has none")
"""
COMPILES = "compiling the kernels for avx2, once"
WAITS = "waiting for another process that compiles the kernels for avx2"

Process = subprocess.Popen[str]


@pytest.fixture(scope="module", autouse=True)
def lanes() -> None:
    """Nothing is computed here, so the tests run once, and without a compiler."""


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Process]]:
    """Starts a process that needs the library, with the compiler above."""
    compiler = tmp_path / "compiler"
    compiler.write_text(COMPILER.format(directory=tmp_path))
    compiler.chmod(0o700)
    os.mkfifo(tmp_path / "answers")
    monkeypatch.setenv("CXX", str(compiler))
    command = [sys.executable, "-c", PROCESS, str(tmp_path / "native" / "kernels.so")]
    with ExitStack() as stack:

        def started() -> Process:
            process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            stack.callback(process.kill)
            return process

        yield started


def line(process: Process) -> str:
    """What the process says next."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def lines(process: Process) -> list[str]:
    """What the process says until its end."""
    return process.communicate(timeout=60)[0].splitlines()


def answer(directory: Path, text: str) -> None:
    """Tell the compiler what to do, once it asks."""
    (directory / "answers").write_text(f"{text}\n")


def calls(directory: Path) -> int:
    return len((directory / "calls").read_text().splitlines())


def test_one_process_compiles_and_the_others_wait_for_its_library(start: Callable[[], Process], tmp_path: Path) -> None:
    first = start()
    assert line(first) == COMPILES
    others = [start(), start()]
    assert [line(other) for other in others] == [WAITS, WAITS]
    answer(tmp_path, "compile")
    assert lines(first)[-1] == "has the library"
    assert [lines(other) for other in others] == [["has the library"]] * 2
    assert calls(tmp_path) == 1


def test_when_the_compilation_fails_the_process_that_waited_tries(start: Callable[[], Process], tmp_path: Path) -> None:
    first = start()
    assert line(first) == COMPILES
    second = start()
    assert line(second) == WAITS
    answer(tmp_path, "fail")
    assert lines(first) == ["has none"]
    assert line(second) == COMPILES
    answer(tmp_path, "compile")
    assert lines(second)[-1] == "has the library"
    assert calls(tmp_path) == 2
