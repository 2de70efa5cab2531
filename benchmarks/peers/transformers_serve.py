"""``transformers serve`` with continuous batching."""

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.checkpoints import plain_checkpoint
from benchmarks.peers.environment import TORCH, Environment, our_version
from benchmarks.peers.peer import Launch

_VERSION = our_version("transformers")
_NO_STOP = {"eos_token_id": -1, "do_sample": False}  # the server has no ignore_eos; it takes these as JSON in a string


@dataclass(frozen=True, slots=True)
class TransformersServe:
    """The server of the transformers release that Trivium uses."""

    environment: Environment
    name: str = "transformers serve"
    origin: str = f"transformers {_VERSION}, continuous batching, bfloat16"

    def install(self) -> None:
        """Install transformers with its server."""
        self.environment.do_once(
            f"python-{_VERSION}", lambda: self.environment.create_venv(TORCH, f"transformers[serving]=={_VERSION}")
        )

    def launch(self, model: Path) -> Launch:
        """The server for this model. It takes only text."""
        checkpoint = str(plain_checkpoint(model, self.environment))
        command = [str(self.environment.bin / "transformers"), "serve", checkpoint, "--continuous-batching"]
        limits = ["--dtype", "bfloat16", "--cb-max-memory-percent", "0.1"]  # the default takes nearly all memory
        return Launch(
            lambda port: [*command, *limits, "--port", str(port)],
            {"HF_HUB_OFFLINE": "1"},
            model=checkpoint,
            extra={"generation_config": json.dumps(_NO_STOP)},
            text_only=True,
        )
