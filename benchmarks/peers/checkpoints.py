"""The directory of a model as peers need it: what they can read, a name for it, and the file that it was made of."""

import hashlib
import json
from pathlib import Path

from benchmarks.peers.environment import Environment, InstallFailed
from model_store import manifest
from model_store.layout import StoreLayout


def fingerprint(model: Path) -> str:
    """A short hash that changes with the directory's path and with the size or time of any file in it."""
    files = sorted((file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in model.iterdir())
    return hashlib.sha256(repr((model.resolve(), files)).encode()).hexdigest()[:8]


def plain_checkpoint(model: Path, environment: Environment) -> Path:
    """The directory of this model with the same weights in a form that other programs read.

    It is ``model`` itself, unless the model store keeps the model in the quantization of its GGUF file: then it is a
    copy in bfloat16, which is made once for all peers beside ``environment``.
    """
    config = model / "config.json"
    values = json.loads(config.read_text(encoding="utf-8")) if config.exists() else {}
    if values.get("quantization_config", {}).get("quant_method") != "gguf":
        return model
    copies = Environment("models", environment.path.parent)
    copy = copies.path / f"{model.name}-{fingerprint(model)}"

    def write() -> None:
        from benchmarks.unquantized_copy import unquantized_copy  # imports torch

        unquantized_copy(model, copy)

    copies.do_once(copy.name, write)
    return copy


def original_gguf(model: Path) -> Path:
    """The GGUF file that this directory of the model store was made of. Raises InstallFailed if there is none."""
    if stored := manifest.read(model):
        artifacts = StoreLayout(model.parent.parent).artifacts / model.name
        for path in (artifacts / stored.source, Path(stored.source)):
            if path.suffix == ".gguf" and path.is_file():
                return path
    raise InstallFailed(f"{model} was not made of a GGUF file that is on this disk")
