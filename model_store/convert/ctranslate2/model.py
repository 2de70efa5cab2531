"""Converts a Whisper model in CTranslate2's format to a model directory."""

import json
from collections import Counter
from math import prod
from pathlib import Path
from typing import Any

from model_store.convert import safetensors_file
from model_store.convert.config import to_json
from model_store.convert.ctranslate2.binary_file import BinaryFile
from model_store.convert.ctranslate2.whisper_config import (
    make_config,
    make_generation_config,
    make_preprocessor_config,
    make_tokenizer_config,
    read_special_tokens,
)
from model_store.convert.ctranslate2.whisper_weights import plan_weights, read_shape
from model_store.convert.safetensors_file import NumberType, PlannedTensor
from model_store.errors import ModelRefused


def convert(source: Path, directory: Path) -> None:
    """Write the model in ``source`` into ``directory``: safetensors, tokenizer, configurations.

    ``source`` has ``model.bin``, ``config.json`` and ``tokenizer.json``. Memory is bounded by a few chunks and the
    vocabulary. Raises ModelRefused for unknown content, and NotEnoughSpace.
    """
    with BinaryFile(source / "model.bin") as file:
        shape = read_shape(file)
        tensors = plan_weights(file, shape)
        tokenizer = (source / "tokenizer.json").read_text(encoding="utf-8")
        tokens = read_special_tokens(_parse(tokenizer, "tokenizer.json"), shape)
        theirs = _parse((source / "config.json").read_text(encoding="utf-8"), "config.json")
        texts = {
            "config.json": to_json(make_config(shape, tokens, _most_common_type(tensors))),
            "generation_config.json": to_json(make_generation_config(shape, tokens, theirs)),
            "preprocessor_config.json": to_json(make_preprocessor_config(shape)),
            "tokenizer.json": tokenizer,
            "tokenizer_config.json": to_json(make_tokenizer_config(shape, tokens)),
        }
        for name, text in texts.items():
            (directory / name).write_text(text, encoding="utf-8", newline="")
        safetensors_file.write(directory / "model.safetensors", tensors, f"converting {source.name}")


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ModelRefused(f"{name} of the Whisper model is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ModelRefused(f"{name} of the Whisper model is not a JSON object")
    return value


def _most_common_type(tensors: list[PlannedTensor]) -> NumberType:
    """The type of most numbers. The service computes in this type."""
    counts: Counter[NumberType] = Counter()
    for tensor in tensors:
        counts[tensor.type] += prod(tensor.shape)
    return max(counts, key=lambda kind: counts[kind])
