"""Embeddings, compared with ``SentenceTransformer.encode`` on checkpoints that sentence-transformers has written."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, Transformer

from service.encoder.messages import Head
from service.encoder.models.encoder_model import EncoderModel
from service.encoder.models.sentence_transformers_files import POOLING_MODES
from service.models.native import kernels
from tests.encoder.tiny_encoders import (
    FAMILIES,
    HIDDEN,
    NATIVE,
    TEXTS,
    encoder_inputs,
    encoder_model,
    largest_error,
    tiny_encoder,
)

TOLERANCE = 1e-5


def save(path: Path, *layers: Any, family: str = "bert", transformer: dict[str, Any] | None = None, **st: Any) -> Path:
    """A checkpoint with these modules behind its transformer."""
    base = tiny_encoder(family, path / "base")
    SentenceTransformer(modules=[Transformer(str(base), **(transformer or {})), *layers], device="cpu", **st).save(
        str(path / "saved")
    )
    return path / "saved"


def embed(path: Path, texts: list[str], model: EncoderModel | None = None) -> NDArray[np.float32]:
    tokenizer = SentenceTransformer(str(path), device="cpu").tokenizer
    model = model or encoder_model(path, Head.EMBEDDING)
    rows = model.encode(encoder_inputs(tokenizer, texts))
    return np.stack([np.frombuffer(row, np.float32) for row in rows])


def expected(path: Path, texts: list[str], **options: Any) -> NDArray[np.float32]:
    vectors: NDArray[np.float32] = SentenceTransformer(str(path), device="cpu").encode(texts, **options)
    return vectors


def check(path: Path) -> None:
    found, wanted = embed(path, TEXTS), expected(path, TEXTS)
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() < TOLERANCE


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_the_embeddings_of_sentence_transformers(tmp_path: Path, family: str) -> None:
    check(save(tmp_path, Pooling(HIDDEN, "lasttoken" if family == "qwen3" else "mean"), Normalize(), family=family))


@pytest.mark.parametrize("family", NATIVE)
def test_the_kernels_compute_the_embeddings_of_bert_like_families(tmp_path: Path, family: str) -> None:
    path = save(tmp_path, Pooling(HIDDEN, "mean"), family=family)
    model, wanted = encoder_model(path, Head.EMBEDDING, native_kernels=True), expected(path, TEXTS)
    assert model.info.backend == ("native" if kernels.load() else "torch")
    assert np.abs(embed(path, TEXTS, model) - wanted).max() < largest_error(model, wanted)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_checkpoint_without_modules_is_pooled_by_its_kind(tmp_path: Path, family: str) -> None:
    check(tiny_encoder(family, tmp_path))


@pytest.mark.parametrize("mode", [*POOLING_MODES, ("max", "cls"), ("mean_sqrt_len_tokens", "lasttoken")])
def test_every_way_of_pooling(tmp_path: Path, mode: Any) -> None:
    check(save(tmp_path, Pooling(HIDDEN, mode)))


@pytest.mark.parametrize("family", ["bert", "mpnet"])
def test_files_of_older_versions(tmp_path: Path, family: str) -> None:
    path = tiny_encoder(family, tmp_path)
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    listed = [
        {"idx": n, "name": str(n), "path": directory, "type": f"sentence_transformers.models.{kind}"}
        for n, (directory, kind) in enumerate(modules)
    ]
    flags = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False, "pooling_mode_max_tokens": True}
    (path / "modules.json").write_text(json.dumps(listed))
    (path / "1_Pooling").mkdir()
    (path / "1_Pooling/config.json").write_text(json.dumps({"word_embedding_dimension": HIDDEN} | flags))
    (path / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 20, "do_lower_case": False}))
    check(path)
    assert encoder_model(path, Head.EMBEDDING).info.max_tokens == 20


@pytest.mark.parametrize(
    "activation", [torch.nn.Tanh(), torch.nn.Identity(), torch.nn.ReLU(), torch.nn.GELU(), torch.nn.Sigmoid()]
)
def test_dense_layers_and_their_activations(tmp_path: Path, activation: Any) -> None:
    torch.manual_seed(0)
    dense = Dense(HIDDEN, 24, activation_function=activation)
    check(save(tmp_path, Pooling(HIDDEN), dense, Dense(24, 12, bias=False), Normalize()))


@pytest.mark.parametrize("size", [HIDDEN, 12])
def test_dense_layers_that_add_their_input(tmp_path: Path, size: int) -> None:
    torch.manual_seed(0)
    check(save(tmp_path, Pooling(HIDDEN), Normalize(), Dense(HIDDEN, size, use_residual=True)))


def test_vectors_are_cut_to_the_dimensions_that_the_files_name(tmp_path: Path) -> None:
    path = save(tmp_path, Pooling(HIDDEN), Normalize(), truncate_dim=8)
    check(path)
    assert encoder_model(path, Head.EMBEDDING).info.dimensions == 8


def test_padding_on_the_left_does_not_matter(tmp_path: Path) -> None:
    path = save(tmp_path, Pooling(HIDDEN, "lasttoken"), family="qwen3")
    theirs = SentenceTransformer(str(path), device="cpu", processor_kwargs={"padding_side": "left"})
    assert theirs.tokenizer.padding_side == "left"
    assert np.abs(embed(path, TEXTS) - theirs.encode(TEXTS)).max() < TOLERANCE


@pytest.mark.parametrize("family", FAMILIES)
def test_an_embedding_does_not_depend_on_its_batch(tmp_path: Path, family: str) -> None:
    path = tiny_encoder(family, tmp_path)
    together = embed(path, TEXTS * 3)
    for text, vector in zip(TEXTS, together, strict=False):
        assert np.abs(embed(path, [text]) - vector).max() < TOLERANCE


def test_facts_about_the_model(tmp_path: Path) -> None:
    path = save(tmp_path, Pooling(HIDDEN), Dense(HIDDEN, 12), transformer={"max_seq_length": 30})
    info = encoder_model(path, Head.EMBEDDING).info
    assert (info.architecture, info.dimensions, info.labels, info.max_tokens) == ("BertModel", 12, (), 30)
    assert info.head is Head.EMBEDDING
