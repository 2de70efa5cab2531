"""The mix of calls: calls of every kind, made from the rows of a JSON Lines file or from a few built-in rows."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.tasks.text.languages import find_language

Row = dict[str, Any]  # a ``task`` (generate, translate or qa) and its texts

OUTPUT_TOKENS = 64  # the most tokens of an output
_FEW_OUTPUT_TOKENS = 8
_SEEDS = 1000

BUILT_IN_ROWS: list[Row] = [
    {"task": "generate", "prompt": "Name three uses for a wooden box."},
    {"task": "generate", "prompt": "Write a letter to a neighbour whose tree has grown over the fence. " * 8},
    {"task": "translate", "src": "en", "tgt": "fr", "text": "The ferry leaves at nine. Bring a coat."},
    {"task": "translate", "src": "fr", "tgt": "en", "text": "Il pleut depuis ce matin."},
    {
        "task": "qa",
        "question": "When was the lighthouse built?",
        "context": "The lighthouse stands on the northern cliff. It was built in 1871 and repaired twice since.",
    },
]
INVALID_CALLS: list[tuple[str, bytes]] = [
    ("/v1/generate", b'{"prompt": "x", "temperature": 9}'),
    ("/v1/generate", b'{"prompt": "x", "max_tokens": 99999999}'),
    ("/v1/chat/completions", b'{"messages": []}'),
    ("/v1/completions", b'{"prompt": "x"'),
    ("/v1/translate", b'{"text": "x", "target_lang": "Klingonian"}'),
    ("/v1/answer", b"[" * 5000),
    ("/v1/never", b"{}"),
]


@dataclass(frozen=True, slots=True)
class MixCall:
    """One request."""

    path: str
    body: bytes
    stream: bool = False
    content_type: str = "application/json"
    is_invalid: bool = False  # the service must refuse it


def load_rows(path: Path | None) -> list[Row]:
    """The rows of a JSON Lines file, or the built-in rows if there is no path."""
    if path is None:
        return BUILT_IN_ROWS
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def generate_calls(rows: list[Row], generator: random.Random, *, invalid: float) -> Iterator[MixCall]:
    """Random calls without end. ``invalid`` is the share of invalid ones."""
    while True:
        if generator.random() < invalid:
            path, body = generator.choice(INVALID_CALLS)
            yield MixCall(path, body, is_invalid=True)
            continue
        stream = generator.random() < 0.5
        path, fields = _random_fields(generator.choice(rows), generator)
        yield MixCall(path, json.dumps(fields | {"stream": stream}).encode(), stream)


def prompt_fields(row: Row) -> Row:
    """The fields of a completion."""
    return {"prompt": row["prompt"]}


def chat_fields(row: Row) -> Row:
    """The fields of a chat completion."""
    return {"messages": [{"role": "user", "content": row["prompt"]}]}


def translation_fields(row: Row) -> Row:
    """The fields of a translation. Its languages are named in English."""
    languages = {"source_lang": find_language(row["src"]).name, "target_lang": find_language(row["tgt"]).name}
    return {"text": row["text"]} | languages


def answer_fields(row: Row, mode: str) -> Row:
    """The fields of an answer. Only generative answers take a number of tokens."""
    length = {"max_tokens": OUTPUT_TOKENS} if mode == "generative" else {}
    return {"question": row["question"], "context": row["context"], "mode": mode} | length


def _random_fields(row: Row, generator: random.Random) -> tuple[str, Row]:
    """A path and the fields of a body for a row."""
    if row["task"] == "translate":
        return "/v1/translate", translation_fields(row)
    if row["task"] == "qa":
        return "/v1/answer", answer_fields(row, generator.choice(["extractive", "generative"]))
    sampling = {
        "max_tokens": generator.randint(_FEW_OUTPUT_TOKENS, OUTPUT_TOKENS),
        "seed": generator.randrange(_SEEDS),
    }
    match generator.randrange(3):
        case 0:
            return "/v1/generate", prompt_fields(row) | sampling
        case 1:
            return "/v1/completions", prompt_fields(row) | {"n": generator.randint(1, 3)} | sampling
        case _:
            return "/v1/chat/completions", chat_fields(row) | sampling
