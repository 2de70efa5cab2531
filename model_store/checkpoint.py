"""Checks that a directory holds a complete model that may be served.

The checks read ``config.json``, the index of the weights and the headers of the safetensors files, but no tensor. They
refuse pickles, remote code, unknown encoder-decoders, and missing or truncated files, and name the reason. A model of
sentence-transformers has further modules, each with a folder of its own.
"""

import importlib.util
import json
import struct
from pathlib import Path
from typing import Any

from model_store.errors import IncompleteModel, ModelRefused

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
MODULES = "modules.json"
TOKENIZER = "tokenizer.json"
# What the tokenizer of an encoder-decoder is made of when the model is loaded, if it has no ``tokenizer.json``.
SENTENCEPIECE = ("source.spm", "spiece.model", "sentencepiece.bpe.model")
# The families of encoder-decoders that are served, by ``model_type``.
ENCODER_DECODERS = frozenset({"bart", "m2m_100", "marian", "mbart", "mt5", "pegasus", "t5", "umt5", "whisper"})
PICKLES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl"})
PICKLED = "pickled weights only, which can run code when they are read; only safetensors and GGUF are read here"


def check(directory: Path) -> None:
    """Raises IncompleteModel or ModelRefused unless the directory holds a complete model that may be served."""
    config = directory / "config.json"
    if not config.is_file():
        _refuse_other_formats(directory)
    missing = [name for name in ("config.json",) if not (directory / name).is_file()]
    if not has_tokenizer(directory):
        missing.append(TOKENIZER)
    if (directory / WEIGHTS).is_file():
        weights = [directory / WEIGHTS]
    elif (directory / INDEX).is_file():
        weights = [directory / name for name in shards(directory)]
    else:
        _refuse_other_formats(directory)
        weights, missing = [], [*missing, f"{WEIGHTS} or {INDEX}"]
    for folder in module_folders(directory):
        weights += _module_weights(directory / folder)
    missing += [path.name for path in weights if not path.is_file()]
    if missing:
        raise IncompleteModel(f"{directory} is not a complete model: it lacks {', '.join(missing)}")
    require_servable(directory)
    for path in weights:
        _require_whole(path)


def has_tokenizer(directory: Path) -> bool:
    """Whether there is a ``tokenizer.json``, or for an encoder-decoder what it is made of."""
    if (directory / TOKENIZER).is_file():
        return True
    if not (directory / "config.json").is_file() or not _read_object(directory / "config.json").get(
        "is_encoder_decoder"
    ):
        return False
    return any((directory / name).is_file() for name in SENTENCEPIECE)


def require_servable(directory: Path) -> None:
    """Raises ModelRefused or IncompleteModel according to ``config.json`` alone; weights are not read."""
    config = _read_object(directory / "config.json")
    if config.get("is_encoder_decoder") and config.get("model_type") not in ENCODER_DECODERS:
        raise ModelRefused(f"{directory.name} is an encoder-decoder of a family that is not served")
    if config.get("auto_map") and not _is_native(config.get("model_type")):
        raise ModelRefused(f"{directory.name} needs code from its own repository, and such code is never run here")


def shards(directory: Path) -> list[str]:
    """The files named in the index of the weights.

    Raises IncompleteModel if the index names no file, ModelRefused if it names a path outside of the directory.
    """
    names = _read_object(directory / INDEX).get("weight_map")
    if not isinstance(names, dict) or not names:
        raise IncompleteModel(f"{directory / INDEX} has no weight_map")
    file_names = sorted({str(name) for name in names.values()})
    if any(Path(name).name != name for name in file_names):
        raise ModelRefused(f"{directory / INDEX} names files outside of its directory")
    return file_names


def module_folders(directory: Path) -> list[str]:
    """The folders of the sentence-transformers modules after the transformer; a module without files may have none.

    Raises IncompleteModel if ``modules.json`` is broken, ModelRefused if it names a folder outside of the directory.
    """
    if not (directory / MODULES).is_file():
        return []
    modules = _read_json(directory / MODULES)
    if not isinstance(modules, list) or not all(
        isinstance(module, dict) and isinstance(module.get("path"), str) for module in modules
    ):
        raise IncompleteModel(f"{directory / MODULES} is not a list of modules")
    folders = [module["path"] for module in modules if module["path"]]
    if any(folder == ".." or Path(folder).name != folder for folder in folders):
        raise ModelRefused(f"{directory / MODULES} names folders outside of its directory")
    return folders


def _module_weights(folder: Path) -> list[Path]:
    """The safetensors file of a module, if it has one. Raises ModelRefused if its weights are pickled."""
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if folder.is_dir() and any(path.suffix in PICKLES for path in folder.iterdir()):
        raise ModelRefused(f"{folder} has {PICKLED}")
    return []


def _refuse_other_formats(directory: Path) -> None:
    """Raises ModelRefused, with advice, for a directory that holds a model in another format."""
    files = [path for path in directory.iterdir() if path.is_file()]
    if any(path.name == "adapter_config.json" for path in files):
        raise ModelRefused(f"{directory} holds an adapter, not a model: merge it into its base model first")
    if any(path.suffix == ".safetensors" for path in files):
        return
    if any(path.suffix == ".gguf" for path in files):
        raise ModelRefused(f"{directory} holds GGUF: give the path of the file")
    if any(path.suffix in PICKLES for path in files):
        raise ModelRefused(f"{directory} has {PICKLED}")


def _is_native(model_type: Any) -> bool:
    """Whether the installed transformers implements this model type.

    transformers names its packages by model type, so a look at their directory replaces the import of transformers.
    """
    spec = importlib.util.find_spec("transformers")
    places = spec.submodule_search_locations if spec else None
    if not places or not isinstance(model_type, str) or not model_type.replace("-", "_").isidentifier():
        return False
    return any((Path(place) / "models" / model_type.replace("-", "_")).is_dir() for place in places)


def _require_whole(path: Path) -> None:
    """Raises IncompleteModel unless the file has the size that its header describes.

    A safetensors file is 8 bytes (the length of the header), the header, and tensors up to the header's last offset.
    """
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > size:
                raise ValueError
            head = json.loads(file.read(length))
        end = max(entry["data_offsets"][1] for name, entry in head.items() if name != "__metadata__")
    except (ValueError, struct.error, KeyError, TypeError, AttributeError) as error:
        raise IncompleteModel(f"{path} is not a safetensors file") from error
    if size != 8 + length + end:
        raise IncompleteModel(
            f"{path} has {size} bytes, its header describes {8 + length + end}: it was truncated or changed"
        )


def _read_object(path: Path) -> dict[str, Any]:
    value = _read_json(path)
    if not isinstance(value, dict):
        raise IncompleteModel(f"{path} is not a JSON object")
    return value


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise IncompleteModel(f"{path.parent} lacks {path.name}") from error
    except ValueError as error:
        raise IncompleteModel(f"{path} is not valid JSON: {error}") from error
