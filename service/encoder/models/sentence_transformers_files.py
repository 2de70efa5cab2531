"""What the files of sentence-transformers say about a model. A model with a part that is not understood is refused.

``modules.json`` lists the modules: the transformer, the pooling, and layers for the pooled vector. Each has a directory
with a configuration. ``config_sentence_transformers.json`` has settings of the whole; its prompts are for the API.
A checkpoint without ``modules.json`` is what sentence-transformers makes of it: a mean of all tokens, or the last token
of a decoder.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from service.errors import UnsupportedModel

POOLING_MODES = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")

# The flags of older files, in the order in which their pooled vectors follow one another.
_POOLING_FLAGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
_ACTIVATIONS = frozenset({"Tanh", "Identity", "ReLU", "GELU", "SiLU", "Sigmoid"})
_NO_LIMIT = 1 << 30  # tokens; transformers writes 10**30 for no limit

# The fields that may stand in each file, and the values of fields that are refused otherwise.
_TRANSFORMER_FIELDS = {"max_seq_length", "do_lower_case", "unpad_inputs"}
_TRANSFORMER_VALUES: dict[str, tuple[Any, ...]] = {
    "transformer_task": ("feature-extraction", "sequence-classification"),
    "modality_config": (
        {"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
        {"text": {"method": "forward", "method_output_name": "logits"}},
    ),
    "module_output_name": ("token_embeddings", "scores"),
    **{name: (None, {}) for name in ("model_args", "tokenizer_args", "config_args")},
    **{name: (None, {}) for name in ("model_kwargs", "processor_kwargs", "config_kwargs", "processing_kwargs")},
    **dict.fromkeys(("query_length", "document_length", "query_expansion", "tokenizer_name_or_path"), (None,)),
}
_POOLING_FIELDS = {"embedding_dimension", "word_embedding_dimension", "pooling_mode", "include_prompt", *_POOLING_FLAGS}
_DENSE_FIELDS = {"in_features", "out_features", "bias", "activation_function", "use_residual"}
_VECTOR_VALUES: dict[str, tuple[Any, ...]] = {
    "module_input_name": ("sentence_embedding",),
    "module_output_name": ("sentence_embedding", None),
}


@dataclass(frozen=True, slots=True)
class DenseFiles:
    """A linear layer. ``activation`` is the name of a class in ``torch.nn``."""

    directory: Path
    in_features: int
    out_features: int
    bias: bool
    activation: str
    use_residual: bool


@dataclass(frozen=True, slots=True)
class NormalizeFiles:
    """A layer that gives vectors the length 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceTransformersFiles:
    """The modules of an embedding model.

    ``transformer`` is the directory of the encoder. ``pooling_dimension`` is the encoder's hidden size, if the files
    name it. ``max_tokens`` is the most tokens of an input, None for no limit by the files. The vectors are cut to
    ``truncate_dim``, None for no cut.
    """

    transformer: Path
    pooling_modes: tuple[str, ...]
    pooling_dimension: int | None
    layers: tuple[DenseFiles | NormalizeFiles, ...]
    max_tokens: int | None
    truncate_dim: int | None

    @classmethod
    def from_directory(cls, path: Path) -> Self:
        """Raises UnsupportedModel."""
        listed = _read(path / "modules.json")
        modules = list(_modules(path, listed)) if isinstance(listed, list) else [("Transformer", path)]
        (kind, transformer), *rest = modules or [("nothing", path)]
        if kind != "Transformer":
            raise UnsupportedModel(f"modules.json in {path} begins with {kind}, not with a transformer")
        if rest and rest[0][0] != "Pooling":
            raise UnsupportedModel(f"modules.json in {path} has {rest[0][0]} before the pooling")
        if rest:
            modes, dimension = _read_pooling(rest[0][1])
        else:
            modes, dimension = (_default_mode(_read_object(transformer / "config.json")),), None
        settings = _read_object(path / "config_sentence_transformers.json")
        return cls(
            transformer=transformer,
            pooling_modes=modes,
            pooling_dimension=dimension,
            layers=tuple(_read_layer(kind, directory) for kind, directory in rest[1:]),
            max_tokens=read_max_tokens(transformer),
            truncate_dim=settings.get("truncate_dim"),
        )


def read_max_tokens(transformer: Path) -> int | None:
    """The most tokens of an input by the files in the directory of a transformer; None for no limit.

    Raises UnsupportedModel if the transformer is to be loaded or called in a way that is not understood.
    """
    # The file has the name of the model's family in older checkpoints.
    settings = next(map(_read_object, sorted(transformer.glob("sentence_*_config.json"))), {})
    _check_fields(settings, transformer, _TRANSFORMER_FIELDS, _TRANSFORMER_VALUES)
    tokenizer = _read_object(transformer / "tokenizer_config.json")
    limit = settings.get("max_seq_length") or tokenizer.get("model_max_length")
    return None if limit is None or limit > _NO_LIMIT else int(limit)


def _modules(path: Path, listed: list[Any]) -> Iterator[tuple[str, Path]]:
    """The kind and the directory of each module. Raises UnsupportedModel for code of others."""
    for module in listed:
        package, _, kind = str(module.get("type")).rpartition(".")
        if package.partition(".")[0] != "sentence_transformers" or module.get("kwargs"):
            raise UnsupportedModel(f"modules.json in {path} names {package}.{kind}: code of others is not run")
        directory = (path / str(module.get("path", ""))).resolve()
        if not directory.is_relative_to(path.resolve()):
            raise UnsupportedModel(f"modules.json in {path} names a directory outside")
        yield kind, directory


def _read_pooling(directory: Path) -> tuple[tuple[str, ...], int | None]:
    """The modes, and the size of the vectors to pool. The API process obeys ``include_prompt``."""
    config = _read_object(directory / "config.json")
    _check_fields(config, directory, _POOLING_FIELDS, {})
    modes = config.get("pooling_mode")
    if modes is None:
        modes = [mode for flag, mode in _POOLING_FLAGS.items() if config.get(flag)] or ["mean"]
    modes = (modes,) if isinstance(modes, str) else tuple(modes)
    unknown = set(modes) - set(POOLING_MODES)
    if unknown or not modes:
        raise UnsupportedModel(f"the pooling in {directory} has an unknown mode: {', '.join(map(str, unknown))}")
    return modes, config.get("embedding_dimension", config.get("word_embedding_dimension"))


def _default_mode(config: Mapping[str, Any]) -> str:
    architectures = config.get("architectures") or [""]
    return "lasttoken" if architectures[0].endswith("ForCausalLM") and config.get("is_causal", True) else "mean"


def _read_layer(kind: str, directory: Path) -> DenseFiles | NormalizeFiles:
    config = _read_object(directory / "config.json")
    if kind == "Normalize":
        _check_fields(config, directory, set(), _VECTOR_VALUES)
        return NormalizeFiles()
    if kind != "Dense":
        raise UnsupportedModel(f"the module {kind} in {directory} is not supported")
    _check_fields(config, directory, _DENSE_FIELDS, _VECTOR_VALUES)
    package, _, activation = str(config.get("activation_function", "torch.nn.Tanh")).rpartition(".")
    if package.partition(".")[0] != "torch" or activation not in _ACTIVATIONS:
        raise UnsupportedModel(f"the Dense layer in {directory} has the activation {activation}: that is not supported")
    sizes = config.get("in_features"), config.get("out_features")
    if not all(isinstance(size, int) and size > 0 for size in sizes):
        raise UnsupportedModel(f"the Dense layer in {directory} does not say how many features it has")
    return DenseFiles(
        directory=directory,
        in_features=config["in_features"],
        out_features=config["out_features"],
        bias=bool(config.get("bias", True)),
        activation=activation,
        use_residual=bool(config.get("use_residual")),
    )


def _check_fields(
    config: Mapping[str, Any], directory: Path, known: set[str], values: Mapping[str, tuple[Any, ...]]
) -> None:
    """Raises UnsupportedModel for a field that is neither known nor has one of these values."""
    for name, value in config.items():
        if name not in known and value not in values.get(name, ()):
            raise UnsupportedModel(f"{directory} sets {name} to {value!r}, which is not supported")


def _read(path: Path) -> Any:
    """The content of a JSON file, None if there is no such file. Raises UnsupportedModel."""
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, ValueError) as error:
        raise UnsupportedModel(f"{path} cannot be read: {error}") from error


def _read_object(path: Path) -> dict[str, Any]:
    content = _read(path)
    return content if isinstance(content, dict) else {}
