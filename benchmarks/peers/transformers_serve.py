"""``transformers serve`` with continuous batching."""

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.environment import TORCH, Environment
from benchmarks.peers.peer import Launch

_VERSION = "5.23.0"
_ENDLESS = {"eos_token_id": -1, "do_sample": False}  # it has no ignore_eos, and takes these as JSON in a string


@dataclass(frozen=True, slots=True)
class TransformersServe:
    environment: Environment
    name: str = "transformers serve"
    origin: str = f"transformers {_VERSION}, continuous batching, bfloat16"

    def install(self) -> None:
        self.environment.once(
            f"python-{_VERSION}", lambda: self.environment.create(TORCH, f"transformers[serving]=={_VERSION}")
        )

    def launch(self, model: Path) -> Launch:
        command = [str(self.environment.bin / "transformers"), "serve", str(model), "--continuous-batching"]
        limits = ["--dtype", "bfloat16", "--cb-max-memory-percent", "0.1"]  # it would take nearly all for its cache
        return Launch(
            lambda port: [*command, *limits, "--port", str(port)],
            {"HF_HUB_OFFLINE": "1"},
            model=str(model),
            extra={"generation_config": json.dumps(_ENDLESS)},
            text_only=True,
        )
