"""Checkpoints of sentence-transformers with a part that is not understood are refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from service.encoder.messages import Head
from service.encoder.models.sentence_transformers_files import SentenceTransformersFiles
from service.errors import UnsupportedModel
from tests.encoder.tiny_encoders import HIDDEN, encoder_model, tiny_encoder

KINDS = {"Transformer": "", "Pooling": "1_Pooling", "Dense": "2_Dense", "Normalize": "3_Normalize"}
DENSE = {"in_features": HIDDEN, "out_features": 8}


def write(path: Path, *kinds: str, **configs: dict[str, Any]) -> Path:
    """modules.json with these modules, and the configurations of modules by their kinds."""
    listed = [
        {"idx": n, "name": str(n), "path": KINDS.get(kind, ""), "type": f"sentence_transformers.models.{kind}"}
        for n, kind in enumerate(kinds)
    ]
    write_json(path / "modules.json", listed)
    for kind, config in configs.items():
        name = "sentence_bert_config.json" if kind == "Transformer" else "config.json"
        write_json(path / KINDS[kind] / name, config)
    return path


def write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


ALL = ("Transformer", "Pooling", "Dense", "Normalize")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: write(path, "Pooling"), "begins with Pooling"),
        (lambda path: write(path), "begins with nothing"),
        (lambda path: write(path, "Transformer", "Normalize"), "Normalize before the pooling"),
        (lambda path: write(path, "Transformer", "Pooling", "CNN"), "module CNN"),
        (lambda path: write(path, *ALL, Pooling={"pooling_mode": "median"}), "median"),
        (lambda path: write(path, *ALL, Pooling={"pooling_mode": []}), "unknown mode"),
        (lambda path: write(path, *ALL, Pooling={"weights": 1}), "sets weights to 1"),
        (lambda path: write(path, *ALL, Dense=DENSE | {"activation_function": "mine.Act"}), "activation Act"),
        (lambda path: write(path, *ALL, Dense=DENSE | {"activation_function": "torch.nn.Softmax"}), "Softmax"),
        (lambda path: write(path, *ALL, Dense=DENSE | {"module_input_name": "token_embeddings"}), "module_input_name"),
        (lambda path: write(path, *ALL, Dense=DENSE | {"scale": 2}), "sets scale"),
        (lambda path: write(path, *ALL, Dense={"in_features": 8}), "how many features"),
        (lambda path: write(path, "Transformer", Transformer={"model_args": {"x": 1}}), "sets model_args"),
        (lambda path: write(path, "Transformer", Transformer={"query_length": 32}), "sets query_length"),
    ],
)
def test_a_part_that_is_not_understood_is_refused(tmp_path: Path, make: Callable[[Path], Path], message: str) -> None:
    with pytest.raises(UnsupportedModel, match=message):
        SentenceTransformersFiles.from_directory(make(tmp_path))


@pytest.mark.parametrize("module", [{"type": "mine.Module"}, {"type": "sentence_transformers_evil.models.Pooling"}])
def test_code_of_others_is_refused(tmp_path: Path, module: dict[str, str]) -> None:
    write_json(tmp_path / "modules.json", [{"path": ""} | module])
    with pytest.raises(UnsupportedModel, match="code of others"):
        SentenceTransformersFiles.from_directory(tmp_path)


@pytest.mark.parametrize("directory", ["../elsewhere", "/etc"])
def test_directories_outside_are_refused(tmp_path: Path, directory: str) -> None:
    kind = "sentence_transformers.models.Transformer"
    write_json(tmp_path / "modules.json", [{"type": kind, "path": directory}])
    with pytest.raises(UnsupportedModel, match="outside"):
        SentenceTransformersFiles.from_directory(tmp_path)


def test_files_that_are_not_json_are_refused(tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text("{")
    with pytest.raises(UnsupportedModel, match="cannot be read"):
        SentenceTransformersFiles.from_directory(tmp_path)


def test_weights_of_a_dense_layer_that_are_pickled_are_refused(tmp_path: Path) -> None:
    path = write(tiny_encoder("bert", tmp_path), *ALL, Dense=DENSE)
    torch.save({"linear.weight": torch.zeros(8, HIDDEN), "linear.bias": torch.zeros(8)}, path / "pytorch_model.bin")
    with pytest.raises(UnsupportedModel, match=r"2_Dense/model\.safetensors cannot be loaded"):
        encoder_model(path, Head.EMBEDDING)


def test_a_pooling_for_another_encoder_is_refused(tmp_path: Path) -> None:
    path = write(tiny_encoder("bert", tmp_path), "Transformer", "Pooling", Pooling={"embedding_dimension": 99})
    with pytest.raises(UnsupportedModel, match=f"for 99 numbers, the encoder has {HIDDEN}"):
        encoder_model(path, Head.EMBEDDING)


@pytest.mark.parametrize(
    ("head", "missing"), [(Head.CLASSIFICATION, r"classifier\.bias"), (Head.SPAN, r"qa_outputs\.bias")]
)
def test_a_checkpoint_without_the_head_is_refused(tmp_path: Path, head: Head, missing: str) -> None:
    with pytest.raises(UnsupportedModel, match=f"it lacks .*{missing}"):
        encoder_model(tiny_encoder("bert", tmp_path, class_name="BertForMaskedLM"), head)
