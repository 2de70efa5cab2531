"""The kernels for ARM, run by an emulator, compute what those of this machine compute."""

import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from torch import Tensor

from service.models.native import structures
from service.models.native.builds import PORTABLE, builds_for
from service.models.native.compiler import FLAGS, SOURCE, KernelBuild, find_compiler

DRIVER = Path(__file__).parent / "other_processors" / "driver.cpp"
COMPILER, EMULATOR = "aarch64-linux-gnu-g++", "qemu-aarch64"

# How much numbers may differ, in relation to the largest one: float32 sums that are rounded otherwise, a key that is
# rounded to the next number of 16 bits, or activations of 8 bits on one processor and of 16 on the other.
TOLERANCES = {structures.F32: 1e-5, structures.F16: 0.004, structures.BF16: 0.02}
QUANTIZED = 0.05


@pytest.fixture(scope="module", autouse=True)
def lanes() -> None:
    """The builds are those of other processors."""


def compile_driver(compiler: str, build: KernelBuild, target: Path) -> Path:
    flags = [flag for flag in FLAGS if flag != "-fPIC"]
    command = [compiler, *flags, "-static", *build.options, f"-I{SOURCE}", str(DRIVER), "-o", str(target)]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=1800)
    return target


def run(*command: str | Path) -> dict[str, Tensor]:
    """What the driver prints, by the name and the kind of the numbers."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split() for line in done.stdout.splitlines()]
    return {f"{name} {kind}": torch.tensor([float(number) for number in numbers]) for name, kind, *numbers in lines}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tensor]:
    """The numbers of this machine, computed by plain C++."""
    compiler = find_compiler()
    if compiler is None or shutil.which(COMPILER) is None or shutil.which(EMULATOR) is None:
        pytest.skip(f"{COMPILER} or {EMULATOR} is missing: the Debian packages g++-aarch64-linux-gnu and qemu-user")
    return run(compile_driver(compiler, PORTABLE, tmp_path_factory.mktemp("here") / "driver"))


@pytest.mark.slow  # each compilation takes a minute or more
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("build", builds_for("aarch64")[:-1], ids=lambda build: build.name)
def test_arm_computes_what_this_machine_computes(build: KernelBuild, here: dict[str, Tensor], tmp_path: Path) -> None:
    """The driver itself compares rows alone and beside others, whose bits must be equal."""
    there = run(EMULATOR, compile_driver(COMPILER, build, tmp_path / "driver"))
    assert there.keys() == here.keys()
    for name, numbers in there.items():
        expected, tolerance = here[name], TOLERANCES.get(int(name.split()[1]), QUANTIZED)
        assert expected.isfinite().all()
        torch.testing.assert_close(numbers, expected, rtol=0, atol=tolerance * float(expected.abs().max()))
