"""Ways in which a checkpoint can be broken, each with the words in which transformers' loader refuses it."""

from collections.abc import Callable
from pathlib import Path

from safetensors.torch import load_file, save_file


def lose_a_tensor(path: Path) -> None:
    weights = load_file(path / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, path / "model.safetensors", {"format": "pt"})


def truncate(path: Path) -> None:
    file = path / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def name_a_missing_file(path: Path) -> None:
    (path / "model.safetensors").rename(path / "model-1.safetensors")
    (path / "model.safetensors.index.json").write_text('{"metadata": {}, "weight_map": {"a": "other.safetensors"}}')


def remove_the_weights(path: Path) -> None:
    (path / "model.safetensors").unlink()


BROKEN: dict[Callable[[Path], None], str] = {
    lose_a_tensor: "it lacks model.layers.1.mlp.up_proj",
    truncate: "cannot be loaded",
    name_a_missing_file: "cannot be loaded",
    remove_the_weights: "cannot be loaded",
}
