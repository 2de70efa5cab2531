"""OpenVINO GenAI: its pipeline with continuous batching, behind a minimal server of our own."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.checkpoints import fingerprint, plain_checkpoint
from benchmarks.peers.environment import Environment, our_version
from benchmarks.peers.peer import Launch

_VERSION = "2026.4.1"
_PACKAGES = (
    f"openvino-genai=={_VERSION}.0",
    f"openvino-tokenizers=={_VERSION}.0",
    f"openvino=={_VERSION}",
    "optimum-intel==2.2.0",
    "nncf==3.4.0",
    "transformers==5.5.4",
    f"starlette=={our_version('starlette')}",
    f"uvicorn=={our_version('uvicorn')}",
)
_GROUP_SIZES = (128, 64, 32)
_ONE_GROUP = -1  # per row
_CACHE_GIB = 2
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class OpenVINO:
    """OpenVINO's pipeline over weights in ``weights``: fp16, int8 or int4."""

    weights: str
    environment: Environment

    @property
    def name(self) -> str:
        return f"OpenVINO {self.weights}"

    @property
    def origin(self) -> str:
        return f"OpenVINO GenAI {_VERSION}, weights in {self.weights}, chunked prompts, prefix cache"

    def install(self) -> None:
        """Install the pipeline, what exports models for it, and what the server needs."""
        self.environment.do_once(f"python-{_VERSION}", lambda: self.environment.create_venv(*_PACKAGES))

    def launch(self, model: Path) -> Launch:
        """The server for this model, which is exported first if it was not exported before. Raises InstallFailed."""
        exported = self._export_once(plain_checkpoint(model, self.environment))
        command = [str(self.environment.bin / "python"), "-m", "benchmarks.peers.openvino_server", str(exported)]
        return Launch(lambda port: [*command, str(port), str(_CACHE_GIB)], {"PYTHONPATH": str(_ROOT)})

    def _export_once(self, model: Path) -> Path:
        """The model directory as OpenVINO's files, from the same weights that Trivium serves."""
        exported = self.environment.path / f"{model.name}-{fingerprint(model)}-{self.weights}"
        groups = ["--group-size", str(group_size(model))] if self.weights == "int4" else []
        command = [str(self.environment.bin / "optimum-cli"), "export", "openvino", "--model", str(model)]
        options = ["--task", "text-generation-with-past", "--weight-format", self.weights, *groups]
        self.environment.do_once(exported.name, lambda: self.environment.run(*command, *options, str(exported)))
        return exported


def group_size(model: Path) -> int:
    """The largest group of 4-bit weights that divides all rows of the model; the export fails where one does not.

    Its default, 128, does not divide the 576 channels of SmolLM2-135M.
    """
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    channels = math.gcd(config["hidden_size"], config["intermediate_size"])
    return next((size for size in _GROUP_SIZES if channels % size == 0), _ONE_GROUP)
