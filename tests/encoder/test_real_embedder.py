"""all-MiniLM-L6-v2 of the catalogue, compared with sentence-transformers."""

import random
from typing import Any

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from model_store.types import LocalModel
from service.encoder.messages import Head
from tests.encoder.tiny_encoders import encoder_inputs, encoder_model

PARTS = (
    "The café opens at eight and closes at six in the evening.",
    "The lighthouse keeper is Ada Lund, who has lived there since 1894.",
    "枫叶咖啡馆每天早上八点开门，晚上六点关门。",
    "الجسر بُنِيَ عام 1894 من الفولاذ والحجر.",
    "Кафе открывается в восемь и закрывается в шесть вечера.",
    "กาแฟร้านนี้เปิดแปดโมงเช้า",
    "카페는 여덟 시에 문을 엽니다.",
    "दुकान सुबह आठ बजे खुलती है।",
    "def add(first, second):\n\treturn first + second\r\n",
    "🙂👩‍👩‍👧 1,234.5 € — “quoted” [MASK] [SEP]",
    "x" * 300,
    "",
)


def texts(count: int) -> list[str]:
    """Texts of up to forty parts in several scripts: from nothing to several times the length that the model takes."""
    choice = random.Random(0)
    return [" ".join(choice.choices(PARTS, k=(int(choice.paretovariate(0.6)) - 1) % 40)) for _ in range(count)]


@pytest.fixture(scope="module")
def reference(minilm: LocalModel) -> SentenceTransformer:
    return SentenceTransformer(str(minilm.path), device="cpu")


@pytest.fixture(scope="module")
def expected(reference: SentenceTransformer) -> Any:
    """The vectors of the texts, which take seconds to compute."""
    return reference.encode(texts(80))


@pytest.mark.parametrize("native", [True, False], ids=["native", "torch"])
def test_the_embeddings_of_80_texts_are_those_of_sentence_transformers(
    minilm: LocalModel, reference: SentenceTransformer, expected: Any, native: bool
) -> None:
    inputs = encoder_inputs(reference.tokenizer, texts(80))
    lengths = [len(each.tokens) for each in inputs]
    assert (min(lengths), max(lengths)) == (2, reference.max_seq_length)
    assert len(set(lengths)) > 20
    rows = encoder_model(minilm.path, Head.EMBEDDING, native_kernels=native).encode(inputs)
    found = np.stack([np.frombuffer(row, np.float32) for row in rows])
    assert np.abs(found - expected).max() < 1e-5
