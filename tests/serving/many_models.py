"""A service of many tiny models, three of which cannot load."""

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from safetensors.torch import load_file, save_file

from tests.encoder.tiny_encoders import tiny_encoder
from tests.encoder.tiny_readers import tiny_reader
from tests.engine.tiny_models import served_model
from tests.running_server import Server
from tests.serving.tiny_service import Tables, change, serving

LOADED = ("chat", "reader", "embedder")  # at the start
ON_DEMAND = ("later", "team/second")


def write_models(directory: Path) -> Path:
    """Write the models into directories of their names, and return the directory."""
    chat = served_model(directory / "chat", max_position_embeddings=2048)
    reader = tiny_reader("xlm-roberta", directory / "reader")
    tiny_encoder("bert", directory / "embedder")
    _without_a_tensor(chat, directory / "damaged")
    _with_more_layers(reader, directory / "broken")
    _cut(chat, directory / "cut")
    return directory


@contextmanager
def serve(directory: Path) -> Iterator[Server]:
    """The service of the fixture ``many_models``."""
    models: Tables = {
        "chat": {"source": directory / "chat"},
        "later": {"source": directory / "chat", "load": "demand"},
        "team/second": {"source": directory / "chat", "load": "demand", "max_model_len": 512},
        "damaged": {"source": directory / "damaged", "load": "demand"},
        "broken": {"source": directory / "broken"},
        "cut": {"source": directory / "cut"},
        "reader": {"source": directory / "reader"},
        "embedder": {"source": directory / "embedder"},
    }
    with serving(directory, models, "--reader", "reader", "--heartbeat-seconds", "0.05") as server:
        yield server


def load_as_at_the_start(server: Server, models: Iterable[str] = LOADED) -> None:
    """Load those of ``models`` that the tests of another file have unloaded, and unload what they have loaded."""
    for model in models:
        _until_done(change(server, model, "load"))
    for model in ON_DEMAND:
        _until_done(change(server, model, "unload"))


def _until_done(answer: httpx.Response) -> None:
    assert answer.raise_for_status().json()["state"] in {"ready", "unloaded"}


def _without_a_tensor(model: Path, path: Path) -> None:
    shutil.copytree(model, path)
    tensors = load_file(path / "model.safetensors")
    del tensors["model.norm.weight"]
    save_file(tensors, path / "model.safetensors", metadata={"format": "pt"})


def _with_more_layers(model: Path, path: Path) -> None:
    """The weights of the further layers are missing."""
    shutil.copytree(model, path)
    config = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 9}))


def _cut(model: Path, path: Path) -> None:
    """The weights end in the middle."""
    shutil.copytree(model, path)
    weights = path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
