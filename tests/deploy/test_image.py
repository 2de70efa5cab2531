"""The step of the Dockerfile that compiles the kernels, with programs that stand in for apt and Python."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = "/opt/trivium/bin/python"


def step(word: str) -> str:
    """The script of the one RUN instruction that holds this word."""
    text = re.sub(r"\\\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    (script,) = [line.removeprefix("RUN ") for line in text.splitlines() if line.startswith("RUN ") and word in line]
    return script


class Build:
    """Runs the step. A program that is named in ``fails`` fails; each call is in ``calls``."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._log = directory / "log"

    def run(self, *, device: str = "cpu", kernels: str, fails: str = "") -> int:
        self._log.write_text("", encoding="utf-8")
        for name in ("apt-get", "python"):
            self._program(name, f'echo "{name} $*" >>{self._log}; exit {int(name == fails)}')
        script = step("KERNELS").replace(PYTHON, str(self._directory / "python"))
        environment = {"PATH": f"{self._directory}:/usr/bin:/bin", "DEVICE": device, "KERNELS": kernels}
        done = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, timeout=60)
        self.told = done.stderr
        return done.returncode

    @property
    def compiled(self) -> bool:
        return "python -m service.models.native.kernels" in self._log.read_text(encoding="utf-8").splitlines()

    def _program(self, name: str, script: str) -> None:
        path = self._directory / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(tmp_path)


def test_the_kernels_are_required_unless_the_build_says_otherwise() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert "ARG KERNELS=required" in lines


@pytest.mark.parametrize("kernels", ["required", "optional"])
def test_kernels_are_compiled(build: Build, kernels: str) -> None:
    assert build.run(kernels=kernels) == 0
    assert build.compiled


@pytest.mark.parametrize("fails", ["apt-get", "python"])
def test_a_failure_ends_the_build_unless_kernels_are_optional(build: Build, fails: str) -> None:
    assert build.run(kernels="required", fails=fails) == 1
    assert "--build-arg KERNELS=optional" in build.told
    assert build.run(kernels="optional", fails=fails) == 0
    assert "this image has no compiled kernels" in build.told


@pytest.mark.parametrize(
    ("device", "kernels"),
    [("cuda", "required"), ("cpu", "none")],
)
def test_an_image_that_can_use_no_kernels_is_built_without_them(build: Build, device: str, kernels: str) -> None:
    assert build.run(device=device, kernels=kernels, fails="apt-get") == 0
    assert not build.compiled


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_misspelt_argument_ends_the_build(build: Build, device: str) -> None:
    assert build.run(device=device, kernels="requird") == 1
    assert "KERNELS is requird" in build.told


@pytest.mark.parametrize(("device", "code"), [("gpu", 1), ("", 1)])
def test_a_misspelt_device_ends_the_build(device: str, code: int) -> None:
    done = subprocess.run(
        ["sh", "-c", step("index=")], env={"DEVICE": device}, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (code, f"DEVICE is {device}: it must be cpu or cuda\n")
