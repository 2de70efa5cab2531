"""A directory with a few made-up texts under the names of the real ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.quality.samples import PARALLEL


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory with a few made-up texts under the names of the real ones."""
    for language, answer in (("en", "red {0}"), ("zh", "红{0}")):
        articles = [
            {"paragraphs": [{"context": f"It is {text}.", "qas": [_qa(number, text)]}]}
            for number in range(4)
            for text in [answer.format(number)]
        ]
        (tmp_path / f"xquad.{language}.json").write_text(json.dumps({"data": articles}), encoding="utf-8")
    for files in PARALLEL.values():
        for names in files.values():
            for name in names:
                lines = [f"{name} line {number}" for number in range(40)]
                (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def _qa(number: int, answer: str) -> dict[str, Any]:
    return {"id": str(number), "question": "What is it?", "answers": [{"text": answer, "answer_start": 6}]}
