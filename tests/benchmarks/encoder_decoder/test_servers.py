"""Trivium and transformers, as the benchmark starts them, translate a small load; the rows have a ratio."""

import asyncio
import io
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from benchmarks.encoder_decoder import shapes
from benchmarks.encoder_decoder.loads import TOKENS, document, many_clients, sentences
from benchmarks.encoder_decoder.rows import Rows
from benchmarks.encoder_decoder.subjects import Subject, transformers, trivium
from tests.benchmarks.encoder_decoder.tiny import TINY


@pytest.mark.parametrize("beams", [1, 2])
def test_both_servers_translate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, beams: int) -> None:
    monkeypatch.setitem(shapes.SHAPES, "tiny", TINY)
    shapes.write_checkpoint("tiny", tmp_path)
    texts = sentences("tiny", 3)
    written = io.StringIO()
    rows = Rows(Console(file=written, width=150), tolerance=100.0)

    async def translate(subject: Subject) -> str:
        async with httpx.AsyncClient(timeout=None) as http:
            return await subject.translate(http, texts[0], beams, TOKENS)

    with trivium(tmp_path, "float32", []) as ours, transformers(tmp_path, 1) as peer:
        assert len(asyncio.run(translate(peer)).split()) == TOKENS
        for name, load in {"clients": many_clients, "document": document}.items():
            pair: list[Subject] = [ours, peer]
            measured = [(subject, asyncio.run(load(subject, texts, beams)), 0.0) for subject in pair]
            rows.add(name, beams, len(texts), measured)
            lines = written.getvalue().splitlines()
            assert [name in line for line in lines[-2:]] == [True, True], "a row is printed at once"
    assert len(lines) == 5
    assert "Trivium float32" in lines[1]
    assert "transformers float32" in lines[2]
