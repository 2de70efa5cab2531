"""Vectors of a real encoder are those of sentence-transformers: all-MiniLM-L6-v2, on texts of every kind."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from model_store.types import LocalModel
from service.encoder.messages import Head
from service.errors import InputTooLong
from service.tasks.embedding.embedder import Embedder, EmbeddingOptions
from service.tasks.encoding.truncation import Truncation
from tests.encoder.configs import encoder_config
from tests.encoder.local_encoder import LocalEncoder
from tests.models_fixture import minilm  # noqa: F401 - a fixture

SENTENCES = (
    "The old bridge was built in 1894 and painted red in 1921.",
    "枫叶咖啡馆每天早上八点开门，晚上六点关门。",
    "الجسر بُنِيَ عام 1894 من الفولاذ.",
    "Στο φάρο μένει η Άντα.",
    "नमस्ते, पुल कब बना?",
    "one\x00two \ufeffthree \u200bfour",
    "👩‍👩‍👧 🙂🙃 café cafe\u0301",
    "x" * 300,
    "",
)
# Texts of many lengths, and some that are longer than the model takes.
TEXTS = [" ".join([SENTENCES[n % len(SENTENCES)]] * (1 + n % 5)) + f" {n}" for n in range(45)]
TEXTS += [SENTENCES[0] * 40, SENTENCES[1] * 40, "", " "]


class Real:
    """An encoder, and the same model in sentence-transformers."""

    def __init__(self, model: LocalModel, crash_record: Path) -> None:
        config = encoder_config(model.path, Head.EMBEDDING, device="cpu", dtype="float32", log_level="warning")
        self.embedder = Embedder.load(LocalEncoder(config, crash_record).client, model.path)
        self.reference = SentenceTransformer(str(model.path), device="cpu", local_files_only=True)
        self._count = 0

    async def vectors(self, texts: list[str], **options: Any) -> Any:
        self._count += 1
        prepared = await self.embedder.prepare(texts, EmbeddingOptions(**options), request_id=f"embd-{self._count}")
        with await prepared.start() as encoding:
            return await encoding.result()


@pytest.fixture(scope="module")
def real(minilm: LocalModel, tmp_path_factory: pytest.TempPathFactory) -> Real:  # noqa: F811
    return Real(minilm, tmp_path_factory.mktemp("crash_record"))


async def test_vectors_are_those_of_sentence_transformers(real: Real) -> None:
    found = await real.vectors(TEXTS, truncation=Truncation.END)
    np.testing.assert_allclose(found, real.reference.encode(TEXTS), atol=1e-5)


async def test_a_text_has_the_same_vector_alone(real: Real) -> None:
    together = await real.vectors(TEXTS[:20])
    for text, vector in zip(TEXTS[:5], together, strict=False):
        np.testing.assert_allclose((await real.vectors([text]))[0], vector, atol=1e-6)


async def test_cut_vectors_are_those_of_sentence_transformers(real: Real) -> None:
    found = await real.vectors(TEXTS[:20], dimensions=64)
    wanted = real.reference.encode(TEXTS[:20], truncate_dim=64, normalize_embeddings=True)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


async def test_the_limit_is_that_of_sentence_transformers(real: Real) -> None:
    assert real.embedder.max_tokens == real.reference.max_seq_length == 256
    with pytest.raises(InputTooLong):
        await real.vectors([SENTENCES[0] * 40])
