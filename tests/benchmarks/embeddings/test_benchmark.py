"""The benchmark of embeddings with a tiny encoder and sentence-transformers."""

import json
from functools import partial
from pathlib import Path

import pytest

from benchmarks.embeddings.benchmark import measure
from benchmarks.embeddings.loads import Load, run
from benchmarks.embeddings.subjects import encoder_process, sentence_transformers
from benchmarks.embeddings.texts import make_texts
from benchmarks.report import files
from service.encoder.messages import Head
from tests.encoder.configs import encoder_config
from tests.encoder.tiny_encoders import tiny_encoder


async def test_every_subject_has_every_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(files, "RESULTS", tmp_path / "results")
    path = tiny_encoder("bert", tmp_path / "model")
    config = encoder_config(path, Head.EMBEDDING, device="cpu", threads=1, log_level="error")
    subjects = {
        "encoder process": partial(encoder_process, config),
        "sentence-transformers": partial(sentence_transformers, str(path), 4),
    }
    loads = [Load(clients=4, requests=2, texts=1), Load(clients=1, requests=1, texts=20)]
    turns = await measure(subjects, loads, rounds=1, tolerance=100, seed=0, server=None)
    assert [(turn.subject, turn.texts) for turn in turns] == [(name, count) for count in (8, 20) for name in subjects]
    (written,) = (tmp_path / "results").iterdir()
    assert len(json.loads(written.read_text())["results"]) == 4
    assert "1 client, 20 texts" in capsys.readouterr().out


@pytest.mark.parametrize("load", [Load(clients=3, requests=2, texts=1), Load(clients=1, requests=2, texts=5)])
async def test_every_text_is_sent_once(load: Load) -> None:
    sent: list[list[str]] = []

    async def send(texts: list[str]) -> None:
        sent.append(texts)

    texts = make_texts(load.num_texts, seed=0)
    await run(load, texts, send)
    assert sorted(text for request in sent for text in request) == sorted(texts)
    assert {len(request) for request in sent} == {load.texts}
    assert make_texts(load.num_texts, seed=0) == texts
