"""The benchmark of embeddings with a tiny encoder and sentence-transformers."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmarks.embeddings.benchmark import measure
from benchmarks.embeddings.loads import Load, Send, run
from benchmarks.embeddings.subjects import encoder_process, sentence_transformers
from benchmarks.embeddings.texts import make_texts
from benchmarks.report import files
from service.encoder.messages import Head
from tests.encoder.configs import encoder_config
from tests.encoder.tiny_encoders import tiny_encoder

LOADS = [Load(clients=4, requests=2, texts=1), Load(clients=1, requests=1, texts=20)]


@pytest.fixture(autouse=True)
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory that the benchmark writes to."""
    monkeypatch.setattr(files, "RESULTS", tmp_path / "results")
    return tmp_path / "results"


def written(results: Path) -> list[Any]:
    (file,) = results.iterdir()
    found: list[Any] = json.loads(file.read_text())["results"]
    return found


@asynccontextmanager
async def counting(sent: list[int]) -> AsyncIterator[Send]:
    """A subject that computes nothing. Appends the number of texts of each request to ``sent``."""

    async def send(texts: list[str]) -> None:
        sent.append(len(texts))

    yield send


async def test_every_subject_has_every_load(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sent: dict[str, list[int]] = {"first": [], "second": []}
    subjects = {name: partial(counting, lengths) for name, lengths in sent.items()}
    turns = await measure(subjects, LOADS, rounds=1, tolerance=100, seed=0, server=None)
    assert [(turn.subject, turn.texts) for turn in turns] == [(name, count) for count in (8, 20) for name in subjects]
    assert list(sent.values()) == [[1] * (4 + 8) + [20] * (1 + 1)] * 2, "after the requests that warm it up"
    assert len(written(results)) == 4
    assert "1 client, 20 texts" in capsys.readouterr().out


@pytest.mark.slow
async def test_the_encoder_process_and_sentence_transformers_are_measured(results: Path, tmp_path: Path) -> None:
    path = tiny_encoder("bert", tmp_path / "model")
    config = encoder_config(path, Head.EMBEDDING, device="cpu", threads=1, log_level="error")
    subjects = {
        "encoder process": partial(encoder_process, config),
        "sentence-transformers": partial(sentence_transformers, str(path), 4),
    }
    turns = await measure(subjects, LOADS[:1], rounds=1, tolerance=100, seed=0, server=None)
    assert [(turn.subject, turn.texts) for turn in turns] == [(name, 8) for name in subjects]
    assert all(turn.seconds > 0 for turn in turns)


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
