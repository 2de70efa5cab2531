"""What the files of an embedding model say about its texts and vectors, as sentence-transformers reads them.

The encoder reads the files about the model itself: pooling, Dense layers, Normalize.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from service.errors import UnsupportedModel
from service.tasks.encoding.files import read_list, read_object


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingCheckpoint:
    """Facts from the files of an embedding model.

    ``tokenizer`` is the directory of the tokenizer. ``default_prompt`` is the text of the prompt that is used unless
    another one is named. ``pools_prompts``: the tokens of a prompt count in the mean of all tokens. ``normalizes``: the
    vectors have the length 1. ``matryoshka``: the numbers of dimensions that the model was trained to be cut to, if its
    files name them.
    """

    tokenizer: Path
    prompts: dict[str, str]
    default_prompt: str
    pools_prompts: bool
    normalizes: bool
    matryoshka: tuple[int, ...]

    @classmethod
    def from_directory(cls, path: Path) -> Self:
        """Raises OSError, ValueError or UnsupportedModel if a file cannot be understood."""
        modules = {
            str(module.get("type")).rpartition(".")[2]: path / str(module.get("path", ""))
            for module in read_list(path / "modules.json")
        }
        transformer = modules.get("Transformer", path)
        config = read_object(path / "config_sentence_transformers.json")
        prompts = {name: text or "" for name, text in (config.get("prompts") or {}).items()}
        default = config.get("default_prompt_name")
        if default is not None and default not in prompts:
            raise UnsupportedModel(f"the default prompt {default!r} is not among the prompts of the model")
        pooling = read_object(modules["Pooling"] / "config.json") if "Pooling" in modules else {}
        return cls(
            tokenizer=transformer,
            prompts=prompts,
            default_prompt="" if default is None else prompts[default],
            pools_prompts=bool(pooling.get("include_prompt", True)),
            normalizes="Normalize" in modules,
            matryoshka=tuple(read_object(transformer / "config.json").get("matryoshka_dimensions") or ()),
        )
