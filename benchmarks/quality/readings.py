"""Readings: translations of the default model that one reader, a language model, read, and whether each was usable.

Usable is a translation that says what the source says, in words that a reader understands; a wrong gender, tense or
form of address is not counted. ``readings.jsonl`` has the translation, its log probabilities and the verdict; the
source and a human's translation are lines of the corpora, which the project does not contain.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.quality.samples import PARALLEL, sentence

FILES = tuple(name for pairs in PARALLEL.values() for files in pairs.values() for name in files)
_PATH = Path(__file__).with_name("readings.jsonl")


@dataclass(frozen=True, slots=True)
class Reading:
    """``score`` and ``least`` are the mean and the least log probability of its ``tokens``, which the end is one of."""

    corpus: str
    languages: tuple[str, str]
    source: str
    reference: str
    text: str
    score: float
    least: float
    tokens: int
    is_usable: bool


def read_rows() -> list[dict[str, Any]]:
    """The readings as the file has them."""
    return [json.loads(line) for line in _PATH.read_text(encoding="utf-8").splitlines()]


def load_readings(data: Path) -> list[Reading]:
    """All readings, with their sources and references from ``data``."""
    readings = []
    for row in read_rows():
        pair = sentence(data, row["corpus"], tuple(row["pair"]), row["line"])
        readings.append(
            Reading(
                row["corpus"],
                tuple(row["pair"]),
                pair.source,
                pair.reference,
                row["text"],
                row["score"],
                row["least"],
                row["tokens"],
                row["usable"],
            )
        )
    return readings
