"""The directory of a model as peers need it: a name for what they make of it, and the file that it was made of."""

import hashlib
from pathlib import Path

from benchmarks.peers.environment import InstallFailed
from model_store import manifest
from model_store.layout import StoreLayout


def fingerprint(model: Path) -> str:
    """A short hash that changes with the directory's path and with the size or time of any file in it."""
    files = sorted((file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in model.iterdir())
    return hashlib.sha256(repr((model.resolve(), files)).encode()).hexdigest()[:8]


def original_gguf(model: Path) -> Path:
    """The GGUF file that this directory of the model store was made of. Raises InstallFailed if there is none."""
    if stored := manifest.read(model):
        artifacts = StoreLayout(model.parent.parent).artifacts / model.name
        for path in (artifacts / stored.source, Path(stored.source)):
            if path.suffix == ".gguf" and path.is_file():
                return path
    raise InstallFailed(f"{model} was not made of a GGUF file that is on this disk")
