"""Loads send every sentence once, and the tokenizer of a made checkpoint has one token for each word."""

import asyncio
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from tokenizers import Tokenizer

from benchmarks.encoder_decoder import shapes
from benchmarks.encoder_decoder.loads import Load, document, many_clients, one_client, poisson, sentences
from benchmarks.encoder_decoder.subjects import Subject
from tests.benchmarks.encoder_decoder.tiny import TINY


class Recorder:
    """A subject that remembers what it was sent, and how many sentences it had at once."""

    name = "recorder"

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.most_at_once = self._now = 0

    async def translate(self, http: httpx.AsyncClient, text: str, beams: int, tokens: int) -> str:
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        await asyncio.sleep(0)
        self._now -= 1
        self.texts.append(text)
        return text

    def document_calls(self, texts: list[str], beams: int, tokens: int) -> list[dict[str, Any]]:
        return [{"texts": texts}]

    async def document(self, http: httpx.AsyncClient, body: dict[str, Any]) -> list[str]:
        self.texts += body["texts"]
        return list(body["texts"])


@pytest.mark.parametrize(
    ("load", "most"),
    [(one_client, 1), (many_clients, 9), (document, 0), (poisson(1e6), None)],
    ids=["one", "many", "document", "poisson"],
)
def test_a_load_sends_every_sentence_once(load: Load, most: int | None) -> None:
    recorder, texts = Recorder(), sentences("opus-mt", 9)
    assert len(set(texts)) == 9
    figures = asyncio.run(load(cast(Subject, recorder), texts, 1))
    assert sorted(recorder.texts) == sorted(texts)
    assert figures.seconds > 0
    assert most is None or recorder.most_at_once == most


def test_words_are_single_tokens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(shapes.SHAPES, "tiny", TINY)
    shapes.write_checkpoint("tiny", tmp_path)
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    text = sentences("tiny", 1)[0]
    assert tokenizer.encode(text).ids == [int(word.removeprefix("t")) for word in text.split()]
    assert (tmp_path / "model.safetensors").is_file()
