"""Logits of classifiers, compared with transformers, and scores with ``CrossEncoder.predict``."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sentence_transformers import CrossEncoder
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from service.encoder.messages import EncoderInput, Head
from service.encoder.models.encoder_model import EncoderModel
from service.models.native import kernels
from tests.encoder.tiny_encoders import NATIVE, TEXTS, encoder_inputs, encoder_model, largest_error, tiny_encoder

TOLERANCE = 1e-5
CLASSES = {
    "bert": "BertForSequenceClassification",
    "roberta": "RobertaForSequenceClassification",
    "xlm-roberta": "XLMRobertaForSequenceClassification",
    "distilbert": "DistilBertForSequenceClassification",
    "mpnet": "MPNetForSequenceClassification",
    "modernbert": "ModernBertForSequenceClassification",
    "qwen3": "Qwen3ForSequenceClassification",
}
PAIRS = [(TEXTS[4], text) for text in TEXTS]


def tiny_classifier(family: str, path: Path, **overrides: Any) -> Path:
    return tiny_encoder(family, path, class_name=CLASSES[family], **({"num_labels": 3} | overrides))


def logits(path: Path, inputs: list[EncoderInput], model: EncoderModel | None = None) -> NDArray[np.float32]:
    rows = (model or encoder_model(path, Head.CLASSIFICATION)).encode(inputs)
    return np.stack([np.frombuffer(row, np.float32) for row in rows])


def reference(path: Path, inputs: list[EncoderInput]) -> NDArray[np.float32]:
    """transformers' logits of each input alone."""
    model = AutoModelForSequenceClassification.from_pretrained(path).eval()
    types = getattr(model.config, "type_vocab_size", 0) > 1
    rows = []
    for each in inputs:
        arguments = {"input_ids": torch.tensor([each.tokens])}
        if types:
            arguments["token_type_ids"] = torch.tensor([each.types])
        with torch.inference_mode():
            rows.append(model(**arguments).logits[0].numpy())
    return np.stack(rows)


@pytest.mark.parametrize("family", CLASSES)
def test_every_family_has_the_logits_of_transformers(tmp_path: Path, family: str) -> None:
    path = tiny_classifier(family, tmp_path)
    inputs = encoder_inputs(AutoTokenizer.from_pretrained(path), TEXTS + PAIRS)
    assert np.abs(logits(path, inputs) - reference(path, inputs)).max() < TOLERANCE


@pytest.mark.parametrize("family", NATIVE)
def test_the_kernels_compute_the_logits_of_bert_like_families(tmp_path: Path, family: str) -> None:
    path = tiny_classifier(family, tmp_path)
    inputs = encoder_inputs(AutoTokenizer.from_pretrained(path), TEXTS + PAIRS)
    model, wanted = encoder_model(path, Head.CLASSIFICATION, native_kernels=True), reference(path, inputs)
    assert model.info.backend == ("native" if kernels.load() else "torch")
    assert np.abs(logits(path, inputs, model) - wanted).max() < largest_error(model, wanted)


@pytest.mark.parametrize(
    ("family", "overrides"),
    [
        ("modernbert", {"classifier_pooling": "mean"}),
        ("qwen3", {"pad_token_id": None}),
        ("qwen3", {"is_causal": False}),
        ("bert", {"num_labels": 1}),
    ],
)
def test_fields_that_change_the_head(tmp_path: Path, family: str, overrides: dict[str, Any]) -> None:
    path = tiny_classifier(family, tmp_path, **overrides)
    inputs = encoder_inputs(AutoTokenizer.from_pretrained(path), TEXTS)
    assert np.abs(logits(path, inputs) - reference(path, inputs)).max() < TOLERANCE


@pytest.mark.parametrize("family", ["bert", "xlm-roberta", "modernbert", "qwen3"])
def test_a_cross_encoder_has_the_scores_of_sentence_transformers(tmp_path: Path, family: str) -> None:
    theirs = CrossEncoder(str(tiny_classifier(family, tmp_path / "base", num_labels=1)), device="cpu")
    path = tmp_path / "saved"
    theirs.save(str(path))
    found = logits(path, encoder_inputs(theirs.tokenizer, PAIRS))[:, 0]
    wanted = theirs.predict(PAIRS, activation_fn=torch.nn.Identity())
    assert np.abs(found - wanted).max() < TOLERANCE


def test_facts_about_the_model(tmp_path: Path) -> None:
    path = tiny_classifier("bert", tmp_path, id2label={0: "no", 1: "maybe", 2: "yes"})
    info = encoder_model(path, Head.CLASSIFICATION).info
    assert (info.architecture, info.dimensions, info.labels) == (CLASSES["bert"], 0, ("no", "maybe", "yes"))
